import type { ExperimentCommand } from "../experiment";
import { about } from "./about";
import { analyzeAudit } from "./audits";
import type { AuditResult } from "./result";
import { describeAudit, listCriteria } from "./tables";

/** `tslens audit MODEL_DIR` */
export const auditCommand: ExperimentCommand<AuditResult> = {
  ...about,
  prompts: {
    option: "--texts",
    are: "texts that the head was not trained on",
    otherwise: "300 from books that come with tslens",
  },
  isRandom: true,
  prepare:
    () =>
    (head, { prompts, ...shared }) =>
      analyzeAudit(head, { texts: prompts, ...shared }),
  summary: (result) => [
    `${result.verdict}: ${result.because[0]}`,
    ...result.because.slice(1),
    {
      caption: "What the verdict was made of, estimate [95% interval over texts]",
      headings: ["criterion", "estimate", "held against", "met"],
      rows: listCriteria(result).map((row) => [
        ...[row.criterion, row.estimate, row.held_against, row.met],
      ]),
    },
    describeAudit(result),
  ],
};
