import assert from "node:assert/strict";
import {
  exampleLinearWeights,
  examplePatching,
  exampleSweep,
} from "../experiments/example-results";
import { type Visit, visit } from "./browser-for-tests";

/** Each would set `pwned`, ask for an address or lead to one, if it was taken for more than a text. */
export const HOSTILE = [
  '<img src=x onerror="globalThis.pwned=1">',
  '"><img src="https://evil.invalid/i" onerror="globalThis.pwned=1"><"',
  "' onmouseover='globalThis.pwned=1' onfocus='globalThis.pwned=1' x='",
  "</script><script>globalThis.pwned=1</script>",
  "</noscript></pre><script>globalThis.pwned=1</script><!--",
  "</style><style>*{background:url(https://evil.invalid/c)}</style>",
  '<svg onload="globalThis.pwned=1"><animate onbegin="globalThis.pwned=1" attributeName=x dur=1s>',
  '<a href="https://evil.invalid/a" target="_self" popup="width=1">click</a>',
  "<a href='javascript:globalThis.pwned=1'>click</a>",
  '<span style="background-image:url(https://evil.invalid/s);color:url(https://evil.invalid/t)">x</span>',
  '&lt;a href="https://evil.invalid/e"&gt;click&lt;/a&gt;',
  '&#60;a href="https://evil.invalid/n"&#62;click&#60;/a&#62;',
  '&amp;lt;img src=x onerror="globalThis.pwned=1"&amp;gt;',
  '<<b>a href="https://evil.invalid/b">click<</b>/a>',
  "%{meta}%{meta[0]}%{customdata[0]}%{x:<<9}a href='https://evil.invalid/m'%{x:><9}",
  "</title></textarea><iframe srcdoc='<script>top.pwned=1</script>'></iframe>",
  `{{constructor.constructor('globalThis.pwned=1')()}}${"$"}{globalThis.pwned=1}`,
  "javascript:globalThis.pwned=1",
  "data:text/html,<script>globalThis.pwned=1</script>",
  "url(https://evil.invalid/u)",
  "red;background:url(https://evil.invalid/r)",
  "$\\href{javascript:globalThis.pwned=1}{x}$",
  "\u2028\u2029]]>--><!--\0\ud800",
];

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** The same JSON with each leaf replaced. */
export function withLeaves(
  json: unknown,
  replace: (leaf: Json, key: string) => unknown,
  key = "",
): Json {
  if (Array.isArray(json)) return json.map((one) => withLeaves(one, replace, key));
  if (typeof json === "object" && json !== null) {
    return Object.fromEntries(
      Object.entries(json)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => [name, withLeaves(value, replace, name)]),
    );
  }
  return replace(json as Json, key) as Json;
}

/** A small result of each kind, from which all of its figures can be drawn. */
export const RESULTS = {
  linear_weights_analysis: exampleLinearWeights({
    mlp_input_weights: [1, 0],
    mlp_output_weights: [0, 1],
  }),
  activation_patching: examplePatching(),
  neuron_sweep: exampleSweep(),
};

/** Keys whose texts the schemas fix. */
const FIXED =
  /^(schema_version|timestamp|.*sha256|model\.safetensors|comparison|head_vector|weights|patch|null_hypothesis|of)$/;

/** A result with a text in every field that takes any; it is still valid. */
export function withTexts<Result>(result: Result, text: (place: number) => string): Result {
  let place = 0;
  return withLeaves(result, (leaf, key) =>
    typeof leaf === "string" && !FIXED.test(key) ? text(place++) : leaf,
  ) as Result;
}

/**
 * Draws everything on a results page, points and clicks everywhere, and asserts that nothing came of
 * it: no script, no request, no way out.
 *
 * @param atLeast - how many figures must have been drawn, without which this says little
 */
export async function nothingRuns(
  file: string,
  { atLeast, draw = true }: { atLeast: number; draw?: boolean },
): Promise<void> {
  await visit(
    file,
    async ({ page, errors, requests }) => {
      if (draw) {
        await page.evaluate("dispatchEvent(new Event('beforeprint'))");
        await page.waitForFunction(
          "[...document.querySelectorAll('figure > .figure')].every((place) => place.querySelector('.plot')?.firstChild)",
        );
      }
      const drawn = await page.locator("figure .plot:has(.main-svg)").count();
      assert.ok(drawn >= atLeast, `${drawn} figures are drawn, fewer than ${atLeast}`);
      await nothingCame({ page, errors, requests });
      assert.equal(page.url(), `file://${encodeURI(file)}`);
    },
    { waitFor: "main" },
  );
}

/** Points and clicks everywhere on a page, and asserts that nothing came of it. */
export async function nothingCame({ page, errors, requests }: Visit): Promise<void> {
  page.on("dialog", () => assert.fail("a dialog"));
  page.on("popup", () => assert.fail("another window"));
  await page.evaluate(TOUCH_EVERYTHING);
  await page.waitForTimeout(200);
  assert.equal(await page.evaluate("typeof globalThis.pwned"), "undefined");
  assert.equal(await page.evaluate("({}).polluted"), undefined);
  assert.deepEqual(requests, []);
  assert.deepEqual(await page.evaluate(SUSPECTS), []);
  assert.deepEqual(
    errors.filter((error) => /Content Security Policy|pwned|evil/.test(error)),
    [],
  );
}

/** What a pointer would cause, at every element; links to the folder's files are not followed. */
const TOUCH_EVERYTHING = `
for (const element of document.querySelectorAll("body *")) {
  if (element.localName === "a" && element.namespaceURI.endsWith("xhtml")) continue;
  for (const type of ["mouseover", "mouseenter", "mousemove", "focus", "click"]) {
    if (type === "click" && element.closest(".modebar")) continue;
    element.dispatchEvent(new MouseEvent(type, { bubbles: true, cancelable: true }));
  }
}`;

/** Elements that no results page has. */
const SUSPECTS = `
[...document.querySelectorAll("*")].filter((element) => {
  const { localName, attributes } = element;
  if (/^(img|iframe|object|embed|form|input|base|link|animate)$/i.test(localName)) return true;
  return [...attributes].some(({ name, value }) => {
    if (/^on/i.test(name)) return true;
    if (/^(aria-label|data-.*)$/.test(name)) return false;
    if (/href$/.test(name)) return !/^(#[\\w-]+|[\\w%.~!'()*-]+(\\/[\\w%.~!'()*-]+)?)$/.test(value);
    return /javascript:|evil/i.test(value);
  });
}).map((element) => element.outerHTML.slice(0, 300))`;
