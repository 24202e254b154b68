import { randomUUID } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { type PropertyValue, PropertyValueSchema } from '@dovecote/contract/common/v1/property_value_pb';
import {
  type BatchCreateRequest,
  BatchCreateRequestSchema,
  EventSchema,
} from '@dovecote/contract/sdk/events/v1/events_pb';

/** The browser that sends the events: no robot. */
export const userAgent =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.6778.86 Safari/537.36';

/** A batch of a web SDK: events of one visitor with 8 automatic and 4 own properties. */
export function batchOf(size: number): BatchCreateRequest {
  const pages = ['/', '/pricing', '/docs', '/blog/launch'];
  const distinctId = `anon-${randomUUID()}`;
  const sessionId = randomUUID();
  const events = Array.from({ length: size }, (_, index) =>
    create(EventSchema, {
      eventId: randomUUID(),
      distinctId,
      sessionId,
      kind: index % 3 === 0 ? 'page_view' : 'click',
      occurTime: timestampFromMs(Date.now() - index * 997),
      autoProperties: {
        $url: text(
          `https://example.com${pages[index % pages.length] ?? ''}?utm_source=google&utm_medium=cpc`,
        ),
        $referrer: text('https://www.google.com/'),
        $pageTitle: text('Pricing – Example'),
        $platform: text('web'),
        $locale: text('en_US'),
        $screenWidth: value({ case: 'intValue', value: 1_920n }),
        $screenHeight: value({ case: 'intValue', value: 1_080n }),
        $sdkVersion: text('1.2.3'),
      },
      customProperties: {
        plan: text('pro'),
        price: value({ case: 'doubleValue', value: 29.99 + index }),
        quantity: value({ case: 'intValue', value: BigInt(index % 7) }),
        premium: value({ case: 'boolValue', value: index % 2 === 0 }),
      },
    }),
  );
  return create(BatchCreateRequestSchema, { events });
}

function text(content: string): PropertyValue {
  return value({ case: 'stringValue', value: content });
}

function value(content: PropertyValue['value']): PropertyValue {
  return create(PropertyValueSchema, { value: content });
}
