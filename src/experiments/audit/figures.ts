import type { Figure } from "../../figures/figure";
import type { FigureOptions } from "../../figures/figure-options";
import { auditAtAGlanceFigure } from "./figures/audit-at-a-glance";
import { decompositionFigure } from "./figures/decomposition";
import type { AuditResult } from "./result";

/** An audit's figures by file name. */
export interface AuditFigures {
  readonly audit_at_a_glance: Figure;
  readonly audit_decomposition: Figure;
}

/**
 * An audit's figures.
 *
 * @param options - `size: "column"` for one column of a paper
 * @example
 * await showFigure(auditFigures(await analyzeAudit(head)).audit_at_a_glance);
 */
export function auditFigures(
  result: AuditResult,
  { size }: Pick<FigureOptions, "size"> = {},
): AuditFigures {
  return {
    audit_at_a_glance: auditAtAGlanceFigure(result, { size }),
    audit_decomposition: decompositionFigure(result, { size }),
  };
}
