// `npm run schemas`: writes schemas/*.schema.json, the published form of what results are checked by.
// For whoever changes a result's keys; a test says when they are out of date.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { resultJsonSchema } from "../src/results/json-schema";
import type { ResultName } from "../src/results/result-by-name";

const PROJECT = join(__dirname, "..");

/** Where each result's keys are described. */
const INTERFACES: Readonly<Record<ResultName, readonly [file: string, name: string]>> = {
  linear_weights_analysis: ["linear-weights-result", "LinearWeightsResult"],
  activation_patching: ["activation-patching-result", "ActivationPatchingResult"],
  neuron_sweep: ["neuron-sweep-result", "NeuronSweepResult"],
};

/** The file's name in `schemas/`. */
export function schemaFile(name: ResultName): string {
  return join(PROJECT, "schemas", `${name}.schema.json`);
}

/** The file's text: the schema, with the descriptions of its keys from the doc comments. */
export function schemaText(name: ResultName): string {
  const schema = resultJsonSchema(name);
  const descriptions = keyDescriptions(...INTERFACES[name]);
  const properties = Object.fromEntries(
    Object.entries(schema.properties).map(([key, value]) => {
      const description = descriptions.get(key);
      return [key, description ? { description, ...value } : value];
    }),
  );
  return `${JSON.stringify({ ...schema, properties }, null, 2)}\n`;
}

/** The doc comments of an interface's properties, by name. */
function keyDescriptions(file: string, name: string): Map<string, string> {
  const path = join(PROJECT, "src", "results", `${file}.ts`);
  const source = ts.createSourceFile(
    path,
    readFileSync(path, "utf8"),
    ts.ScriptTarget.ES2022,
    true,
  );
  const found = source.statements.find(
    (statement): statement is ts.InterfaceDeclaration =>
      ts.isInterfaceDeclaration(statement) && statement.name.text === name,
  );
  return new Map(
    found!.members.flatMap((member) => {
      const [doc] = ts.getJSDocCommentsAndTags(member);
      const text = doc && ts.getTextOfJSDocComment((doc as ts.JSDoc).comment);
      return text ? [[member.name!.getText(), text.replace(/\s+/g, " ")] as const] : [];
    }),
  );
}

if (require.main === module) {
  mkdirSync(join(PROJECT, "schemas"), { recursive: true });
  for (const name of Object.keys(INTERFACES) as ResultName[]) {
    writeFileSync(schemaFile(name), schemaText(name));
  }
}
