// Questions to the service in JSON. A form's token that no longer counts is fetched anew, from the page itself.

/** The person has to do something first; the message says what, `fields` at which field of the form. */
export class Stopped extends Error {
  constructor(message, { status = 0, fields = {}, cause } = {}) {
    super(message, { cause });
    Object.assign(this, { status, fields });
  }
}

/** It may work in a moment. `isConnection`: because nothing can be reached. */
export class Again extends Error {
  constructor(message, { isConnection = false, cause } = {}) {
    super(message, { cause });
    this.isConnection = isConnection;
  }
}

export const SIGNED_OUT = "You have been signed out. Sign in in another window, then choose Continue here.";
const FULL = "There is no room left on the service. Tell the operator; what has been sent is kept.";
const TOO_MUCH = "The service does not take as much at once. Tell the operator; what has been sent is kept.";
const OTHERWISE = "The recording could not be sent. Load the page again and choose the same file.";

/** What a status that is no success means, whoever gave it. */
export function refusal(status, said = {}) {
  if (status === 507) return new Stopped(FULL, { status });
  if (status === 413) return new Stopped(said.error || TOO_MUCH, { status });
  if (status === 401) return new Stopped(SIGNED_OUT, { status });
  if (status >= 500 || status === 408 || status === 429) return new Again(`status ${status}`);
  return new Stopped(said.error || OTHERWISE, { status, fields: said.fields });
}

/** Asks on behalf of a form. Without a body it only reads. Throws Stopped, Again. */
export async function ask(form, url, body, signal) {
  for (let isSecond = false; ; isSecond = true) {
    const [status, said] = await exchange(form, url, body, signal);
    if (status >= 200 && status < 300) {
      if (said) return said;
      throw new Again("a page of something in between", { isConnection: true }); // as guest networks do
    }
    if (isSecond || (status !== 400 && status !== 401)) throw refusal(status, said ?? {});
    await renew(form, signal);
  }
}

async function exchange(form, url, body, signal) {
  const headers = { Accept: "application/json" };
  if (body) Object.assign(headers, { "Content-Type": "application/json", "X-CSRFToken": form.elements.csrf_token.value });
  try {
    const answer = await fetch(url, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body), signal });
    const text = await answer.text();
    return [answer.status, read(text)];
  } catch (error) {
    throw new Again("no connection", { isConnection: true, cause: error });
  }
}

function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A token of the session as it is now: somebody may have signed out and in again in another window. */
async function renew(form, signal) {
  let answer;
  let text;
  try {
    answer = await fetch(window.location.href, { headers: { Accept: "text/html" }, signal });
    text = await answer.text();
  } catch (error) {
    throw new Again("no connection", { isConnection: true, cause: error });
  }
  if (answer.status >= 500) throw refusal(answer.status);
  const page = new DOMParser().parseFromString(text, "text/html");
  const token = page.querySelector("form[data-upload] [name=csrf_token]");
  if (token) form.elements.csrf_token.value = token.value;
  else throw new Stopped(answer.redirected ? SIGNED_OUT : OTHERWISE, { status: 401 });
}
