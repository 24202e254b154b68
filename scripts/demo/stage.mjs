import { setTimeout as sleep } from 'node:timers/promises';

let count = 0;

/** Announces what happens next. */
export function step(title, detail) {
  count += 1;
  console.log(`\n${String(count).padStart(2)}. ${title}: ${detail}`);
}

export function note(text) {
  console.log(`    ${text}`);
}

export function fail(reason) {
  console.error(`\nThe demo stopped. ${reason instanceof Error ? reason.stack : reason}`);
  process.exit(1);
}

/** Asks until there is an answer, and shows that it still waits. */
export async function waitFor(what, ask, seconds = 20) {
  const end = Date.now() + seconds * 1000;
  let nextWord = Date.now() + 2000;
  while (Date.now() < end) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() >= nextWord) {
      note(`waiting: ${what} (at most ${Math.ceil((end - Date.now()) / 1000)} s more)`);
      nextWord += 10_000;
    }
    await sleep(100);
  }
  return fail(`Waited in vain: ${what}.`);
}
