/**
 * Version of the result files' keys, as `schema_version` says in each: the first number changes when a
 * key is taken away or means something else, the second when one is added.
 */
export const SCHEMA_VERSION = "2.0";
