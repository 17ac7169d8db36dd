import { defineExperiment } from "../experiment";
import { auditCommand } from "./command";
import { auditFigures } from "./figures";
import { AUDIT_KEY_NUMBERS } from "./key-numbers";
import { auditSchema } from "./result";

export { type AuditOptions, type AuditOutcome, analyzeAudit, analyzeAudits } from "./audits";
export { type AuditFigures, auditFigures } from "./figures";
export { type NotebookAudit, type NotebookAuditOptions, notebookAudit } from "./notebook-audit";
export type { AuditResult, Criterion, Specificity } from "./result";
export { type CriterionRow, describeAudit, listCriteria } from "./tables";

/** What does a head read: the neuron, its inputs, or a correlate? */
export const auditExperiment = defineExperiment({
  name: "audit",
  order: 0,
  title: "What a head reads, and how sure that is",
  schema: auditSchema,
  headline: "because.0",
  verdict: "verdict",
  keyNumbers: AUDIT_KEY_NUMBERS,
  command: auditCommand,
  figures: auditFigures,
});
