import {
  InsightQuerySpecSchema,
  TopKQuery_Dimension,
} from '@dovecote/contract/shared/insights/v1/insights_pb';
import type { TileContent } from './board.js';
import type { Answer, AnsweredTile } from './board-answers.service.js';
import { readSpec } from './question.mapper.js';

/** Everybody who has the link reads the board: persons are numbered, and have neither ids nor traits. */
export function withoutPersons(answered: AnsweredTile): AnsweredTile {
  const { tile, outcome } = answered;
  if (!outcome || !('answer' in outcome) || !ranksPersons(tile.content)) return answered;
  return { ...answered, outcome: { answer: numbered(outcome.answer) } };
}

function ranksPersons(content: TileContent): boolean {
  if (content.type === 'markdown' || content.contract === 'documented') return false;
  return readSpec(InsightQuerySpecSchema, content.spec).topK?.dimension === TopKQuery_Dimension.USER;
}

function numbered(answer: Answer): Answer {
  const { result } = answer;
  if (result?.case !== 'topK') return answer;
  const rows = (result.value.rows ?? []).map(({ value, isOthers }, index) => ({
    value,
    isOthers,
    dimensionValue: isOthers ? '' : `Person ${index + 1}`,
  }));
  return { result: { case: 'topK', value: { rows } } };
}
