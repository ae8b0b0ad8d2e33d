/* What this device remembers, and nobody else: positions and speed. Never sent anywhere. */

const PREFIX = "hearth:";

/** The value kept under a name, or null; browsers may refuse storage, which is no error. */
export function recall(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

/** Keep a value under a name. */
export function remember(name, value) {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    /* private windows and full storage: the listener only loses the place */
  }
}

/** Keep nothing under this name. */
export function forget(name) {
  try {
    localStorage.removeItem(PREFIX + name);
  } catch {
    /* nothing was kept */
  }
}
