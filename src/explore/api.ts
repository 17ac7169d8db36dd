import type { Context } from "hono";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { z } from "zod";
import { InputError, TslensError } from "../errors";
import { type Asking, type Explorer, NEURON_PATCHES } from "./explorer";

/** A prompt of the longest contexts that are run here has some hundred thousand letters. */
const MOST_BYTES = 2 ** 20;

/** Questions that are answered at the same time, those of all tabs together. */
export const MOST_AT_ONCE = 8;

const number = z.number().refine((value) => Number.isFinite(Math.fround(value)), {
  message: "expected a number that is finite in float32",
});
const head = z.string().max(1000);
const prompt = z.strictObject({ head, text: z.string() });
const place = prompt.extend({ position: z.int().min(0) });

const REQUESTS = {
  none: z.strictObject({}),
  head: z.strictObject({ head }),
  prompt,
  place,
  patch: place.extend({ kind: z.enum(NEURON_PATCHES), value: number }),
  dose: place.extend({ values: z.array(number).min(1).max(1000) }),
  sweep: place.extend({ layers: z.enum(["target", "all"]) }),
};

/**
 * An {@link Explorer} as HTTP: each question a POST with JSON, answered by JSON or, where it comes in
 * parts, by a line of JSON for each. Of what is answered at the same time a question is part from when it
 * was read on, and no longer than somebody takes the answer.
 *
 * @param patienceMs how long a part may wait to be taken
 */
export function explorerApi(
  explorer: Explorer,
  {
    unforeseen,
    patienceMs,
  }: { readonly unforeseen: (error: unknown) => string; readonly patienceMs: number },
): Hono {
  const api = new Hono();
  const slots = limited(MOST_AT_ONCE);

  api.use(async (context, next) => {
    // What a form or an image can send is none of it.
    const type = context.req.header("content-type") ?? "";
    if (context.req.method !== "POST" || !/^application\/json\b/.test(type)) {
      return context.json({ error: "questions are POST requests with JSON" }, 405);
    }
    return next();
  });
  api.use(
    bodyLimit({
      maxSize: MOST_BYTES,
      onError: (context) => context.json({ error: "this question is too long" }, 413),
    }),
  );

  const messageOf = (error: unknown) =>
    error instanceof TslensError ? error.message : unforeseen(error);
  api.onError((error, context) =>
    context.json({ error: messageOf(error) }, error instanceof TslensError ? 400 : 500),
  );
  const busy = (context: Context) =>
    context.json({ error: "too much is asked at the same time: wait, or stop a run" }, 429);

  const once = <Request, Answer>(
    path: string,
    schema: z.ZodType<Request>,
    answer: (request: Request, asking: Asking) => Promise<Answer>,
  ) =>
    api.post(path, async (context) => {
      const request = await requestOf(context, schema);
      const slot = slots.take(context.req.raw.signal);
      if (!slot) return busy(context);
      try {
        return context.json((await answer(request, slot)) as object);
      } finally {
        slot.free();
      }
    });
  const inParts = <Request, Part>(
    path: string,
    schema: z.ZodType<Request>,
    answer: (request: Request, asking: Asking) => AsyncIterable<Part>,
  ) =>
    api.post(path, async (context) => {
      const request = await requestOf(context, schema);
      const slot = slots.take(context.req.raw.signal);
      if (!slot) return busy(context);
      return new Response(lines(answer(request, slot), slot, { messageOf, patienceMs }), {
        headers: { "content-type": "application/x-ndjson" },
      });
    });

  once("/heads", REQUESTS.none, (_, asking) => explorer.heads(asking));
  once("/open", REQUESTS.head, (request, asking) => explorer.open(request.head, asking));
  once("/run", REQUESTS.prompt, (request, asking) => explorer.run(request, asking));
  once("/patch", REQUESTS.patch, (request, asking) => explorer.patch(request, asking));
  once("/dose-response", REQUESTS.dose, (request, asking) =>
    explorer.doseResponse(request, asking),
  );
  once("/saved-audit", REQUESTS.head, (request, asking) =>
    explorer.savedAudit(request.head, asking),
  );
  inParts("/neurons-that-matter", REQUESTS.sweep, (request, asking) =>
    explorer.neuronsThatMatter(request, asking),
  );
  inParts("/causal-map", REQUESTS.place, (request, asking) => explorer.causalMap(request, asking));
  inParts("/audit", REQUESTS.head, (request, asking) => explorer.audit(request.head, asking));
  inParts("/top-examples", REQUESTS.head, (request, asking) =>
    explorer.topExamples(request.head, asking),
  );
  return api;
}

/** @throws InputError if it is not what this question takes. */
async function requestOf<Request>(context: Context, schema: z.ZodType<Request>): Promise<Request> {
  const body: unknown = await context.req.json().catch(() => undefined);
  const request = schema.safeParse(body);
  if (request.success) return request.data;
  const [{ path, message }] = request.error.issues;
  throw new InputError("this question is not understood", {
    found: [...path, message].join(" "),
    remedy: "Load the page again.",
  });
}

/** A place among what is answered at the same time. */
interface Slot {
  /** Aborted when nobody waits any more. */
  readonly signal: AbortSignal;
  leave(): void;
  free(): void;
}

function limited(most: number) {
  let taken = 0;
  return {
    /** @returns null if there is none */
    take(gone: AbortSignal): Slot | null {
      if (taken >= most) return null;
      taken++;
      const controller = new AbortController();
      const leave = () => controller.abort();
      if (gone.aborted) leave();
      gone.addEventListener("abort", leave);
      return {
        signal: controller.signal,
        leave,
        free() {
          gone.removeEventListener("abort", leave);
          taken--;
        },
      };
    },
  };
}

/**
 * Parts as lines of JSON, each made when the reader has room for it. The slot is free when none is made any
 * more, as when the reader has had no room for too long.
 */
function lines(
  parts: AsyncIterable<unknown>,
  slot: Slot,
  {
    messageOf,
    patienceMs,
  }: { readonly messageOf: (error: unknown) => string; readonly patienceMs: number },
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const iterator = parts[Symbol.asyncIterator]();
  const line = (value: unknown) => encoder.encode(`${JSON.stringify(value)}\n`);
  let waiting: ReturnType<typeof setTimeout> | undefined;
  const end = async () => {
    clearTimeout(waiting);
    slot.leave();
    await iterator.return?.().catch(() => undefined);
    slot.free();
  };
  return new ReadableStream(
    {
      async pull(controller) {
        clearTimeout(waiting);
        try {
          const { value, done } = await iterator.next();
          if (slot.signal.aborted) return;
          if (!done) {
            waiting = setTimeout(() => {
              controller.error(new Error("nobody took it"));
              void end();
            }, patienceMs);
            return controller.enqueue(line(value));
          }
        } catch (error) {
          if (slot.signal.aborted) return;
          controller.enqueue(line({ error: messageOf(error) }));
        }
        slot.free();
        controller.close();
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
}
