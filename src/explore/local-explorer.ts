import { join } from "node:path";
import { openHead } from "../analysis/open-head";
import { HeadConfigError, InputError } from "../errors";
import { analyzeAudit } from "../experiments/audit/audits";
import { auditFigures } from "../experiments/audit/figures";
import type { AuditResult } from "../experiments/audit/result";
import type { BoundHead } from "../heads/bind-head";
import { loadHead } from "../heads/load-head";
import { runName } from "../heads/run-folders";
import type { HookedTransformer } from "../model/hooked-transformer";
import { openBase } from "../model/open-base";
import { findHeads } from "../study/find-heads";
import { shownCausalMap, shownExamples } from "./corpus-views";
import { ExploredHead } from "./explored-head";
import type { Asking, AuditShown, Explorer, HeadChoice, OpenedHead } from "./explorer";
import { inSizes } from "./in-sizes";
import { running } from "./running";
import { savedAudit } from "./saved-audit";

/** The heads that come with tslens, from `src/explore` as from `dist/explore`. */
const BUNDLED_HEADS = join(__dirname, "..", "..", "models");

export interface LocalExplorerOptions {
  /** A training run, or a folder with some below it; the bundled heads if not given. */
  readonly modelDir?: string;
  /** The base model instead of the heads' own `base_model_name`. */
  readonly base?: string;
  /** Of a base model from the hub. */
  readonly revision?: string;
  /** The folder of results in which saved audits are looked for. */
  readonly results?: string;
}

/** A head that may be open. */
interface LocalHead extends HeadChoice {
  readonly modelDir: string;
  opened: Promise<Opened> | null;
}

interface Opened {
  readonly head: BoundHead;
  readonly explored: ExploredHead;
  /** An audit that was made since. */
  audit: AuditShown | null;
}

/** An {@link Explorer} of heads in folders of this machine; dispose it. */
export interface LocalExplorer extends Explorer {
  /** Frees heads and base models. */
  dispose(): Promise<void>;
}

/**
 * Finds the heads of a folder. Each is opened when it is asked for, its base model once for all heads on
 * it; nothing else than these heads can be opened.
 *
 * @throws HeadConfigError if there is none, or a single one that is broken.
 */
export async function localExplorer({
  modelDir = BUNDLED_HEADS,
  base,
  revision,
  results = "results",
}: LocalExplorerOptions = {}): Promise<LocalExplorer> {
  const heads = await headsIn(modelDir);
  const models = new Map<string, Promise<HookedTransformer>>();

  const model = (name: string) => {
    const opening = models.get(name) ?? openBase(name, { revision });
    models.set(name, opening);
    // What failed, for want of memory perhaps, may be tried again.
    opening.catch(() => models.delete(name));
    return opening;
  };
  const open = async ({ modelDir: folder }: LocalHead): Promise<Opened> => {
    const name = base ?? (await loadHead(folder)).config.baseModelName;
    // Without a name openHead says what is missing.
    const head = await openHead(folder, name ? { base: await model(name) } : {});
    return { head, explored: new ExploredHead(head), audit: null };
  };
  const opened = (id: string): Promise<Opened> => {
    const found = heads.find((head) => head.id === id);
    if (!found) {
      throw new InputError("there is no such head here", {
        found: `"${id.slice(0, 80)}"`,
        expected: heads.map((head) => head.id).join(", "),
      });
    }
    found.opened ??= open(found);
    found.opened.catch(() => {
      found.opened = null;
    });
    return found.opened;
  };

  return {
    heads: async () => heads.map(({ id, name }) => ({ id, name })),
    async open(id): Promise<OpenedHead> {
      const { explored } = await opened(id);
      const { name } = heads.find((head) => head.id === id)!;
      return { id, name, ...explored.describe() };
    },
    run: async ({ head, text }) => (await opened(head)).explored.run(text),
    patch: async (request, asking) => (await opened(request.head)).explored.patch(request, asking),
    doseResponse: async (request, asking) =>
      (await opened(request.head)).explored.doseResponse(request, asking),
    async *neuronsThatMatter(request, asking) {
      yield* (await opened(request.head)).explored.neuronsThatMatter(request, asking);
    },
    async savedAudit(id) {
      const { head, audit } = await opened(id);
      const saved = await savedAudit(head, results);
      return saved ? auditShown(saved, saved.timestamp) : audit;
    },
    async *audit(id: string, { signal }: Asking = {}) {
      const one = await opened(id);
      yield* running(
        { what: "patched runs" },
        async (progress) => {
          const shown = auditShown(await analyzeAudit(one.head, { progress }), null);
          one.audit = shown;
          return shown;
        },
        signal,
      );
    },
    async *causalMap({ head: id, text, position }, { signal } = {}) {
      const { head, explored } = await opened(id);
      yield* shownCausalMap(head, await explored.upTo(text, position), signal);
    },
    async *topExamples(id, { signal } = {}) {
      const { head, explored } = await opened(id);
      yield* shownExamples(head, { sharedScale: explored.describe().sharedScale, signal });
    },
    async dispose() {
      for (const { opened: opening } of heads) {
        const one = await opening?.catch(() => null);
        one?.explored.dispose();
        one?.head.dispose();
      }
      for (const opening of models.values()) (await opening.catch(() => null))?.dispose();
    },
  };
}

async function headsIn(modelDir: string): Promise<LocalHead[]> {
  const { heads, failed } = findHeads([modelDir]);
  const [failure] = failed;
  if (heads.length === 0 && failure) {
    // Of one head that is broken its loader says more.
    await loadHead(modelDir);
    throw new HeadConfigError("there is no head in this folder", { file: modelDir });
  }
  const names = heads.map((head) => runName(head.modelDir));
  const ids = new Set<string>();
  return heads.map(({ modelDir }, i) => {
    const isAlone = names.indexOf(names[i]) === names.lastIndexOf(names[i]);
    const name = isAlone ? names[i] : `${names[i]} (${modelDir})`;
    let id = names[i];
    for (let n = 2; ids.has(id); n++) id = `${names[i]}-${n}`;
    ids.add(id);
    return { id, name, modelDir, opened: null };
  });
}

function auditShown(result: AuditResult, saved: string | null): AuditShown {
  const { verdict, because, criteria } = result;
  const figures = inSizes((size) => auditFigures(result, { size }).audit_at_a_glance);
  return { verdict, because, criteria, saved, figures };
}
