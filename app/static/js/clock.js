/* Seconds in words and back. Knows no page. */

/** 1:23, or 1:05:09 from an hour on. */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** "1 minute 5 seconds", for people who hear the page. */
export function inWords(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const named = [
    [Math.floor(whole / 3600), "hour"],
    [Math.floor(whole / 60) % 60, "minute"],
    [whole % 60, "second"],
  ];
  const said = named.filter(([number]) => number).map(([number, name]) => `${number} ${name}${number === 1 ? "" : "s"}`);
  return said.join(" ") || "0 seconds";
}

/**
 * The second that an address names by #t=83, #t=83.5, #t=1:23 or #t=npt:83,95; null for any other hash.
 * Source: W3C Media Fragments URI 1.0, 4.2.1 (normal play time).
 */
export function momentOf(hash) {
  const found = /^#(?:.*&)?t=(?:npt:)?((?:\d+:){0,2}\d+(?:\.\d+)?)(?:,|&|$)/.exec(hash);
  return found ? found[1].split(":").reduce((sum, part) => sum * 60 + Number(part), 0) : null;
}

/** The second that a person typed as 12:30, 1:05:09 or 0:05.250; null for whatever else. */
export function secondsOf(text) {
  const found = /^(?:(\d{1,2}):)?(\d{1,3}):([0-5]\d(?:\.\d{1,3})?)$/.exec(text.trim());
  if (!found || (found[1] && Number(found[2]) > 59)) return null;
  return (Number(found[1] ?? 0) * 60 + Number(found[2])) * 60 + Number(found[3]);
}
