import { contentId, LONGEST_TITLE, truncate } from '@dovecote/template';
import { type AppError, failedPrecondition } from '../../../platform/errors/index.js';
import type { RenderedContent, RenderResult } from '../render/index.js';

/** Members whom one test reaches. */
export const MOST_RECIPIENTS = 50;

const MARK = '[Test] ';
const MOST_FAILURES = 10;

/** The same message with a title that says that it is a test. Other content, so it has another id. */
export function marked(content: RenderedContent): RenderedContent {
  const title = truncate(MARK + content.title, LONGEST_TITLE);
  const { body, senderName, actions, locale } = content;
  return { ...content, title, contentId: contentId({ title, body, senderName, actions, locale }) };
}

export function refuseGroupSize(members: number): AppError | undefined {
  if (members <= MOST_RECIPIENTS) return undefined;
  return failedPrecondition(
    'TEST_GROUP_TOO_LARGE',
    `The group has ${members} members who would get the test; a test goes to at most ${MOST_RECIPIENTS}.`,
  );
}

/** Why members get no message: each sentence once, the first ten. */
export function failuresOf(results: readonly RenderResult[]): string[] {
  const errors = results.flatMap((result) => (result.ok ? [] : [result.error]));
  return [...new Set(errors)].slice(0, MOST_FAILURES);
}
