/*
 * What this device remembers, and nobody else: positions and speed. Never sent anywhere.
 *
 * In a frame nothing is remembered: whoever reads somebody else's page has not come to us.
 */

const PREFIX = "hearth:";
const FRAMED = window.top !== window.self;

/** The value kept under a name, or null; browsers may refuse storage, which is no error. */
export function recall(name) {
  if (FRAMED) return null;
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

/** Keep a value under a name. */
export function remember(name, value) {
  if (FRAMED) return;
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    /* private windows and full storage: the listener only loses the place */
  }
}

/** Keep nothing under this name. */
export function forget(name) {
  if (FRAMED) return;
  try {
    localStorage.removeItem(PREFIX + name);
  } catch {
    /* nothing was kept */
  }
}
