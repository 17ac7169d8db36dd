/** Gives the event loop a turn, so that messages are sent, pictures drawn and interrupts heard. */
export function nextTurn(): Promise<void> {
  return new Promise((done) => {
    // Browsers have no setImmediate.
    if (typeof setImmediate === "function") setImmediate(done);
    else setTimeout(done, 0);
  });
}
