import { describe, expect, test } from '@jest/globals';
import { getExtension, hasExtension } from '@bufbuild/protobuf';
import { file_common_events_v1_navigation_events } from '@dovecote/contract/common/events/v1/navigation_events_pb';
import { file_common_events_v1_support_events } from '@dovecote/contract/common/events/v1/support_events_pb';
import { kind, pii, platforms, Platform } from '@dovecote/contract/common/events/v1/options_pb';

describe('well-known events', () => {
  test('say their kind, their platforms and what is personal', () => {
    const { messages } = file_common_events_v1_navigation_events;
    const scroll = messages.find(({ name }) => name === 'ScrollProperties')?.proto.options;
    expect(getExtension(scroll!, kind)).toBe('scroll');
    expect(getExtension(scroll!, platforms)).toEqual([Platform.WEB, Platform.IOS, Platform.ANDROID]);
    const fields = file_common_events_v1_support_events.messages.flatMap((message) => message.fields);
    const personal = fields.filter(({ proto }) => proto.options && hasExtension(proto.options, pii));
    expect(personal.map(({ name }) => name)).toEqual(['comment', 'comment', 'resolution', 'topic']);
  });
});
