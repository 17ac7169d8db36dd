import { optionalPackage } from "./optional-package";
import type { StudyRow } from "./study-row";

/** Columns that are counts and places: everything else that is a number is a double. */
const WHOLE = new Set([...["target_layer", "target_neuron", "feature_layer", "rank", "rank_of"]]);

/** A table as a Parquet file; its columns have the same types in every study. */
export async function parquetBytes(
  rows: readonly StudyRow[],
  columns: readonly string[],
): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await optionalPackage(
    "hyparquet-writer",
    () => import("hyparquet-writer"),
  );
  const columnData = columns.map((name) => {
    const values = rows.map((row) => row[name]);
    const type = typeOf(name, values);
    const data =
      type === "STRING" ? values.map((one) => (one === null ? null : String(one))) : values;
    return { name, data, type, nullable: true };
  });
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

type ColumnType = "INT32" | "DOUBLE" | "BOOLEAN" | "STRING";

const TEXTS = new Set([
  "model_dir",
  "base_model",
  "layer_type",
  "head_type",
  "cosine_of",
  "verdict",
]);

function typeOf(name: string, values: readonly StudyRow[string][]): ColumnType {
  if (WHOLE.has(name)) return "INT32";
  if (TEXTS.has(name)) return "STRING";
  const kinds = new Set(values.filter((value) => value !== null).map((value) => typeof value));
  if (kinds.size === 0) return "DOUBLE";
  if (kinds.size > 1) return "STRING";
  return kinds.has("number") ? "DOUBLE" : kinds.has("boolean") ? "BOOLEAN" : "STRING";
}
