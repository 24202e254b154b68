import { isLongerThan } from './characters.js';

export const LONGEST_TITLE = 200;
export const LONGEST_BODY = 50_000;
export const LONGEST_RENDERED = 100_000;

export class BodyTooLongError extends Error {
  override readonly name = 'BodyTooLongError';
  constructor() {
    super(`The template body is longer than ${LONGEST_BODY} characters.`);
  }
}

/** For one recipient, whose values are long; others may well fit. */
export class RenderedTooLongError extends Error {
  override readonly name = 'RenderedTooLongError';
  constructor() {
    super(`The rendered message is longer than ${LONGEST_RENDERED} characters.`);
  }
}

export function checkBody(body: string): void {
  if (isLongerThan(body, LONGEST_BODY)) throw new BodyTooLongError();
}

export function checkRendered(body: string): void {
  if (isLongerThan(body, LONGEST_RENDERED)) throw new RenderedTooLongError();
}
