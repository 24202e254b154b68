/** The whole number from 0 to 100 that a CDN sends is stored; the documented contract says the hundredth of it. */
const STORED_NAME = '$bot_score';
const PER_UNIT = 100;

export function isBotScore(storedName: string): boolean {
  return storedName === STORED_NAME;
}

/** A value of a documented question as it is compared; a text that is no number stays. */
export function storedBotScore(text: string): string {
  return scaled(text, (score) => score * PER_UNIT);
}

/** A stored value as the documented contract shows it. */
export function documentedBotScore(text: string): string {
  return scaled(text, documentedBotNumber);
}

export function documentedBotNumber(score: number): number {
  return score / PER_UNIT;
}

function scaled(text: string, scale: (score: number) => number): string {
  const score = scale(Number(text));
  return text === '' || Number.isNaN(score) ? text : String(Number(score.toFixed(6)));
}
