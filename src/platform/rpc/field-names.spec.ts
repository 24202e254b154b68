import { describe, expect, test } from '@jest/globals';
import {
  CreateCampaignRequestSchema,
  ListCampaignsRequestSchema,
} from '@dovecote/contract/pidgr/v1/campaign_pb';
import { EchoRequestSchema } from '@dovecote/contract/dovecote/test/v1/echo_pb';
import { inJsonNames } from './field-names.js';

describe('the path of a field as JSON has it', () => {
  test.each([
    ['user_ids[3]', 'userIds[3]'],
    ['echoes[0].chosen_echo.past_moods[1]', 'echoes[0].chosenEcho.pastMoods[1]'],
    ['mood_of["a.snake_case"]', 'moodOf["a.snake_case"]'],
    ['mood_of["a]\\"[b_c"].past_moods', 'moodOf["a]\\"[b_c"].pastMoods'],
    ['text_of[5]', 'textOf[5]'],
    ['', ''],
    ['text', 'text'],
    ['of_our_own[2].making_it', 'ofOurOwn[2].makingIt'],
  ])('%s: %s', (path, expected) => {
    expect(inJsonNames(path, EchoRequestSchema)).toBe(expected);
  });

  test('a name that JSON has of its own', () => {
    const { jsonName } = ListCampaignsRequestSchema.field.pagination;
    expect(inJsonNames('pagination.page_size', ListCampaignsRequestSchema)).toBe(`${jsonName}.pageSize`);
  });

  test('a path in JSON names stays', () => {
    const path = 'workflow.steps[1].callWebhook.customHeaders["x_y"]';
    expect(inJsonNames(path, CreateCampaignRequestSchema)).toBe(path);
  });
});
