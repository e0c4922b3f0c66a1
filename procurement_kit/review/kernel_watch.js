// Watches over the kernel behind a page, so that a page whose kernel is gone never stays busy. Stands before each page.js.
// Jupyter says itself when a kernel dies or restarts; where nobody says so, a page that is being answered hears a beat
// every few seconds, and a long silence is told. A kernel that Jupyter knows to be at work is never taken for dead.

const OVER = ["restarting", "autorestarting", "terminating", "dead"];
const SLOW = 15000; // milliseconds without a sign of life until a page says that it waits
const SILENT = 60000; // and until it no longer waits

function watch_kernel(model, { slow, silent, gone, again }) {
  let kernel = null, is_gone = false, is_slow = false, timers = [];

  function over() {
    if (is_gone) return;
    is_gone = true;
    stop();
    gone();
  }

  function changed(_, status) {
    if (OVER.includes(status)) over();
  }

  function attach() {
    const found = model.widget_manager?.kernel;
    if (kernel || !found?.statusChanged) return;
    kernel = found;
    kernel.statusChanged.connect(changed);
    kernel.disposed?.connect(over);
  }

  function is_at_work() {
    return Boolean(kernel && kernel.connectionStatus === "connected" && kernel.status === "busy");
  }

  function count() {
    timers.forEach((timer) => window.clearTimeout(timer));
    timers = [window.setTimeout(() => { is_slow = true; slow(); }, SLOW), window.setTimeout(look, SILENT)];
  }

  function look() {
    if (is_at_work()) timers.push(window.setTimeout(look, SILENT));
    else {
      stop();
      silent();
    }
  }

  function begin() {
    attach();
    if (kernel && (kernel.isDisposed || kernel.status === "dead")) over();
    if (!is_gone) count();
    return !is_gone;
  }

  function stop() {
    timers.forEach((timer) => window.clearTimeout(timer));
    timers = [];
    is_slow = false;
  }

  function heard() {
    if (!timers.length) return;
    if (is_slow) again();
    is_slow = false;
    count();
  }

  function leave() {
    stop();
    model.off("msg:custom", heard);
    kernel?.statusChanged.disconnect(changed);
    kernel?.disposed?.disconnect(over);
  }

  model.on("msg:custom", heard);
  attach();
  return { begin, stop, heard, leave, is_gone: () => is_gone };
}

