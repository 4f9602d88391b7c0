// The page's second thread: the same program, which finds itself without a document and does the work
// that it is ordered (src/ui/worker.rs).
//
// The rule that is easy to break: one worker, one order. The page ends it to call the order off, and a
// program that broke here breaks nothing there.
"use strict";

addEventListener(
  "message",
  async ({ data }) => {
    try {
      globalThis.faultlineOrder = data.order;
      const program = await import(data.module);
      await program.default({ module_or_path: data.program });
    } catch (error) {
      postMessage({ lost: error && error.message ? String(error.message) : String(error) });
    }
  },
  { once: true },
);
