import leven from 'leven';

/** Longer names are not compared with field names: they are not typing errors. */
const LONGEST = 64;
const comparable = /^[A-Za-z0-9_-]+$/;

/** The distance of two names, from 0; undefined if they are not similar. */
type Distance = (name: string, other: string) => number | undefined;

/** The one candidate that was probably meant; undefined if none is near, or several are equally near. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > LONGEST || !comparable.test(name)) return undefined;
  let best: { name: string; distance: number } | undefined;
  let alone = true;
  for (const candidate of candidates) {
    const distance = distanceOf(name, candidate);
    if (distance === undefined || (best && distance > best.distance)) continue;
    alone = distance !== best?.distance;
    best = { name: candidate, distance };
  }
  return alone ? best?.name : undefined;
}

const distanceOf: Distance = (name, other) => {
  const [words, otherWords] = [wordsOf(name), wordsOf(other)];
  const [joined, otherJoined] = [words.join(''), otherWords.join('')];
  if (joined === otherJoined) return 0;
  if (isSame(stemsOf(words), stemsOf(otherWords)) || isSame(lettersOf(joined), lettersOf(otherJoined)))
    return 1;
  const most = Math.floor(Math.max(joined.length, otherJoined.length) / 4);
  const typed = leven(joined, otherJoined, { maxDistance: most + 1 });
  if (typed <= most) return 1 + typed;
  return isPart(stemsOf(words), stemsOf(otherWords)) ? LONGEST : undefined;
};

/** `userIds`, `user_ids`, `USER_IDS`: user, ids. */
function wordsOf(name: string): string[] {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[_-]+/)
    .filter(Boolean);
}

/** Without plural and without "id": what a field is about. */
function stemsOf(words: readonly string[]): string[] {
  const stems = words.map((word) => word.replace(/s$/, ''));
  const about = stems.filter((stem) => stem !== 'id');
  return about.length > 0 ? about : stems;
}

/** The letters of two names in which two neighbours are swapped. */
function lettersOf(joined: string): string[] {
  return [...joined].sort();
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.join(' ') === other.join(' ');
}

function isPart(one: readonly string[], other: readonly string[]): boolean {
  return one.every((stem) => other.includes(stem)) || other.every((stem) => one.includes(stem));
}
