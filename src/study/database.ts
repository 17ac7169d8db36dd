/** What runs a queue's statements; a PostgreSQL, near or far. */
export interface Database {
  /** Where it is, for people. */
  readonly shown: string;
  /**
   * Runs a statement, or several without values.
   *
   * @returns the rows of the last one
   * @throws DatabaseError once it was away for too long
   */
  // biome-ignore lint/suspicious/noExplicitAny: rows are what a statement makes them.
  executeSql(text: string, values?: readonly unknown[]): Promise<{ rows: any[] }>;
  close(): Promise<void>;
}
