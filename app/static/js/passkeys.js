// Passkeys: adding one on the account's page, signing in by one. The service asks, the browser and its device answer.

const WORDS = {
  NotAllowedError: "Nothing was done: it was cancelled, or took too long. Try again when you are ready.",
  InvalidStateError: "This device has a passkey for your account already.",
  NotSupportedError: "This device cannot keep a passkey of the kind that is needed. Try your phone or a security key.",
  ConstraintError: "This device does not ask for a PIN, finger or face. Set one up in its settings, or use another device.",
  AbortError: "Nothing was done: the browser ended it. Try again.",
  SecurityError: "The browser does not allow passkeys at this address.",
};
const NO_PASSKEYS = "This browser does not know passkeys. Use your password here.";
const NOT_SAFE = "Passkeys need a safe connection (https), and this page has none. Use your password here.";
const NO_ANSWER = "The service cannot be reached. Look at your connection and try again.";
const OTHERWISE = "That did not work. Load the page again and try once more.";

for (const form of document.querySelectorAll("form[data-passkey]")) prepare(form);

function prepare(form) {
  const button = form.querySelector("[data-go]");
  form.hidden = false;
  button.disabled = false;
  form.querySelector("[data-plain]")?.remove();
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    tell(form, "");
    try {
      if (isElsewhere(form)) return;
      const to = form.dataset.passkey === "add" ? await add(form) : await signIn(form);
      location.assign(to);
    } catch (error) {
      tell(form, error instanceof Refused ? error.message : WORDS[error.name] ?? OTHERWISE);
      if (error instanceof Refused && error.field) form.elements[error.field]?.focus();
    } finally {
      button.disabled = false;
    }
  });
}

async function add(form) {
  const options = await ask(form, form.dataset.ask, new FormData(form));
  options.challenge = bytes(options.challenge);
  options.user.id = bytes(options.user.id);
  for (const known of options.excludeCredentials ?? []) known.id = bytes(known.id);
  const made = await navigator.credentials.create({ publicKey: options });
  const credential = {
    ...common(made),
    response: {
      clientDataJSON: text(made.response.clientDataJSON),
      attestationObject: text(made.response.attestationObject),
      transports: made.response.getTransports?.() ?? [],
    },
  };
  return (await ask(form, form.action, { credential })).to;
}

async function signIn(form) {
  const options = await ask(form, form.dataset.ask, {});
  options.challenge = bytes(options.challenge);
  const given = await navigator.credentials.get({ publicKey: options });
  const { clientDataJSON, authenticatorData, signature, userHandle } = given.response;
  const credential = {
    ...common(given),
    response: {
      clientDataJSON: text(clientDataJSON),
      authenticatorData: text(authenticatorData),
      signature: text(signature),
      userHandle: userHandle ? text(userHandle) : null,
    },
  };
  return (await ask(form, form.action, { credential, next: form.elements.next.value })).to;
}

/** Says so where passkeys cannot work: this browser, this connection, this address. */
function isElsewhere(form) {
  const { origin } = form.dataset;
  if (location.origin !== origin) {
    const link = document.createElement("a");
    link.href = origin + location.pathname + location.search;
    link.textContent = origin;
    tell(form, "Passkeys do not work at this address. Open the page here instead: ", { isCalm: true });
    form.querySelector("[data-said] p").append(link);
    return true;
  }
  if (!window.isSecureContext) tell(form, NOT_SAFE);
  else if (!window.PublicKeyCredential) tell(form, NO_PASSKEYS);
  else return false;
  return true;
}

class Refused extends Error {
  constructor(message, field) {
    super(message);
    this.field = field;
  }
}

/** What the service answers to a form or to JSON. Throws Refused with its words. */
async function ask(form, url, body) {
  const headers = { Accept: "application/json", "X-CSRFToken": form.elements.csrf_token.value };
  const isForm = body instanceof FormData;
  if (!isForm) headers["Content-Type"] = "application/json";
  let answer;
  let said;
  try {
    answer = await fetch(url, { method: "POST", headers, body: isForm ? body : JSON.stringify(body) });
    said = await answer.json();
  } catch {
    throw new Refused(NO_ANSWER);
  }
  if (answer.ok) return said;
  const [field, words] = Object.entries(said.fields ?? {})[0] ?? [];
  throw new Refused(words ?? said.error ?? OTHERWISE, field);
}

function tell(form, words, { isCalm = false } = {}) {
  const said = form.querySelector("[data-said]");
  said.replaceChildren();
  if (!words) return;
  const line = document.createElement("p");
  if (!isCalm) line.className = "nhsuk-error-message";
  line.textContent = words;
  said.append(line);
}

function common({ id, rawId, type, authenticatorAttachment }) {
  return { id, rawId: text(rawId), type, authenticatorAttachment: authenticatorAttachment ?? undefined };
}

/** base64url, as the service reads and writes bytes. */
function bytes(written) {
  const plain = atob(written.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function text(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
