/** The worker of the page that runs in the browser alone: tslens itself, its files in memory. */
import { config } from "zod";
import type { Explorer } from "../explorer";
import type { Answered, Asked } from "../posted";
import { answerPosts } from "./answer-posts";
import { FOLDER, fetchFiles, type ShippedFile, shippedFiles } from "./shipped-files";

// Else it tries whether it may evaluate, which the page's policy reports.
config({ jitless: true });

/** What heads were trained on: large, and only asked for by an audit. */
const TRAINING_TEXTS = "scripts/corpus/train.txt.gz";

async function explorer(): Promise<Explorer> {
  const files = await shippedFiles();
  const isLater = ({ path }: ShippedFile) => path === TRAINING_TEXTS;
  await fetchFiles(files.filter((file) => !isLater(file)));
  // Some of its modules read files as soon as they are imported.
  const { localExplorer } = await import("../local-explorer.js");
  const local = await localExplorer({ results: `${FOLDER}/results` });
  return {
    ...local,
    async *audit(head, asking) {
      await fetchFiles(files.filter(isLater));
      yield* local.audit(head, asking);
    },
  };
}

const worker = globalThis as unknown as {
  postMessage(answer: Answered): void;
  onmessage: (event: { readonly data: Asked }) => void;
};
const answer = answerPosts(explorer(), (answered) => worker.postMessage(answered));
worker.onmessage = ({ data }) => answer(data);
