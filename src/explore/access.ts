import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { networkInterfaces } from "node:os";
import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";

/** How the token is called in the first address, as Jupyter calls it. */
export const TOKEN = "token";

const SECRET_BYTES = 32;

/** What is only for this machine. */
const LOOPBACK = ["127.0.0.1", "localhost", "[::1]"];

/** Whether an address to listen on is seen by this machine alone. */
export function isLoopback(host: string): boolean {
  return /^127(\.\d{1,3}){3}$/.test(host) || host === "::1" || host === "localhost";
}

/** Who may ask a server. */
export interface Access {
  /** What the first address carries. */
  readonly token: string;
  /** Refuses everybody else; the page's first request brings the token and takes a cookie. */
  readonly guard: MiddlewareHandler;
}

/**
 * A server's doors. Whoever asks must call it by its own name (a page that had its own name led here, DNS
 * rebinding, does not), come from its own page if from any, and know the token, or have the cookie that
 * was given for it.
 *
 * @param host that it listens on
 * @param port that it listens on; asked for when the first request comes
 */
export function access(host: string, port: () => number): Access {
  const token = randomBytes(SECRET_BYTES).toString("hex");
  const session = randomBytes(SECRET_BYTES).toString("hex");
  // A browser keeps one cookie jar for all ports of a host.
  const cookie = () => `tslens-explore-${port()}`;
  const guard: MiddlewareHandler = async (context, next) => {
    const asked = context.req.header("host") ?? "";
    if (!hostsOf(host, port()).includes(asked.toLowerCase())) {
      return refusal(context, "This server is called by another name.");
    }
    const { origin, "sec-fetch-site": site } = context.req.header();
    const isNavigation =
      context.req.method === "GET" &&
      context.req.path === "/" &&
      context.req.header("sec-fetch-mode") === "navigate";
    const isOurs = site === undefined || site === "same-origin" || site === "none";
    const isOwnOrigin = origin === undefined || origin === `http://${asked}`;
    if (!isOwnOrigin || !(isOurs || isNavigation)) {
      return refusal(context, "Only tslens's own page may ask here.");
    }
    if (isSame(getCookie(context, cookie()), session)) return next();
    if (isNavigation || context.req.path === "/") {
      if (isSame(context.req.query(TOKEN), token)) {
        setCookie(context, cookie(), session, { httpOnly: true, sameSite: "Strict", path: "/" });
        return next();
      }
    }
    return refusal(
      context,
      "Open the address that `tslens explore` printed: it carries a token that lets you in.",
    );
  };
  return { token, guard };
}

/** The names that a server may be called by, with its port. */
function hostsOf(host: string, port: number): string[] {
  const names = isLoopback(host) ? LOOPBACK : [...LOOPBACK, ...ownAddresses(), host.toLowerCase()];
  return [...names, bracketed(host)].flatMap((name) =>
    port === 80 ? [name, `${name}:80`] : [`${name}:${port}`],
  );
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).map(({ address }) => bracketed(address)),
  );
}

/** An IPv6 address as it stands in a URL. */
export function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

function isSame(given: string | undefined, secret: string): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return given !== undefined && timingSafeEqual(hash(given), hash(secret));
}

function refusal(context: Context, why: string): Response {
  if (context.req.path.startsWith("/api/")) return context.json({ error: why }, 403);
  return context.text(`403 ${why}\n`, 403);
}
