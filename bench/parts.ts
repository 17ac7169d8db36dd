import { auditing } from "./auditing";
import { exploring } from "./exploring";
import { families } from "./families";
import { growth } from "./growth";
import { loading } from "./loading";
import type { Measurement } from "./measurement";
import { patching } from "./patching";
import { running } from "./running";
import { starting } from "./starting";
import { studying } from "./studying";

/** What a part measures, on the folder of a random GPT-2 or on models of its own; all at the end or one after the other. */
export type Part = (folder: string) => Promise<Measurement[]> | AsyncIterable<Measurement>;

/** The parts of the bench, in the order in which they run. */
export const PARTS: Readonly<Record<string, Part>> = {
  start: starting,
  loading,
  running,
  patching,
  families,
  growth,
  auditing,
  studying,
  exploring,
};
