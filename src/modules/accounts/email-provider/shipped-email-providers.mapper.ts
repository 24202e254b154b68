import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  type GetResponseSchema,
  OrgEmailProviderKind,
  type SetRequest,
} from '@dovecote/contract/dashboard/orgemailproviders/v1/orgemailproviders_pb';
import type { EmailProvider, ProviderSettings } from './email-provider.js';
import { type GivenProvider, redacted } from './email-provider.rules.js';

/** The others are known to the documented contract only. */
const kinds: Readonly<Record<ProviderSettings['kind'], OrgEmailProviderKind>> = {
  smtp: OrgEmailProviderKind.SMTP,
  resend: OrgEmailProviderKind.RESEND,
  sendgrid: OrgEmailProviderKind.UNSPECIFIED,
  postmark: OrgEmailProviderKind.UNSPECIFIED,
};

export function toGetResponse(provider: EmailProvider): MessageInitShape<typeof GetResponseSchema> {
  const { settings, from, replyTo, updatedAt } = provider;
  return {
    kind: kinds[settings.kind],
    fromAddress: from,
    replyTo,
    redactedSecret: redacted(settings),
    updateTime: timestampFromDate(updatedAt),
  };
}

export function fromSetRequest({ fromAddress: from, replyTo, config }: SetRequest): GivenProvider {
  switch (config.case) {
    case 'smtp': {
      const { host, port, username, password, useTls } = config.value;
      const settings = { kind: 'smtp', host, port, username, password, useTls } as const;
      return { from, replyTo, settings, paths: { settings: 'smtp', secret: 'smtp.password' } };
    }
    case 'resend': {
      const { apiKey } = config.value;
      const paths = { settings: 'resend', secret: 'resend.api_key' };
      return { from, replyTo, settings: { kind: 'resend', apiKey }, paths };
    }
    case undefined:
      return { from, replyTo, settings: undefined, paths: { settings: 'config', secret: '' } };
  }
}
