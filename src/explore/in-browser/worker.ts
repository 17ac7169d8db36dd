/** The worker of the page that runs in the browser alone: tslens itself, its files in memory. */
import { config } from "zod";
import type { Explorer } from "../explorer";
import type { Answered, Asked } from "../posted";
import { answerPosts } from "./answer-posts";
import { FOLDER, fetchFiles, shippedFiles } from "./shipped-files";

// Else it tries whether it may evaluate, which the page's policy reports.
config({ jitless: true });

/** Where texts are: fetched after the model, since a prompt needs none. */
const TEXTS = "scripts/corpus/";

async function explorer(): Promise<Explorer> {
  const files = await shippedFiles();
  const isText = ({ path }: { readonly path: string }) => path.startsWith(TEXTS);
  await fetchFiles(files.filter((file) => !isText(file)));
  const texts = fetchFiles(files.filter(isText));
  // Whoever needs them hears of it.
  texts.catch(() => undefined);
  // Some of its modules read files as soon as they are imported.
  const { localExplorer } = await import("../local-explorer");
  const local = await localExplorer({ results: `${FOLDER}/results` });
  return {
    ...local,
    async *causalMap(request, asking) {
      await texts;
      yield* local.causalMap(request, asking);
    },
    async *audit(head, asking) {
      await texts;
      yield* local.audit(head, asking);
    },
    async *topExamples(head, asking) {
      await texts;
      yield* local.topExamples(head, asking);
    },
  };
}

const worker = globalThis as unknown as {
  postMessage(answer: Answered): void;
  onmessage: (event: { readonly data: Asked }) => void;
};
const answer = answerPosts(explorer(), (answered) => worker.postMessage(answered));
worker.onmessage = ({ data }) => answer(data);
