import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  type EmailProviderSchema,
  EmailProviderType,
  type UpsertRequest,
} from '@dovecote/contract/orgemailproviders/v1/orgemailproviders_pb';
import type { ApiSettings, EmailProvider, ProviderSettings } from './email-provider.js';
import { type GivenProvider, redacted } from './email-provider.rules.js';

const types: Readonly<Record<ProviderSettings['kind'], EmailProviderType>> = {
  smtp: EmailProviderType.SMTP,
  sendgrid: EmailProviderType.SENDGRID,
  postmark: EmailProviderType.POSTMARK,
  resend: EmailProviderType.RESEND,
};

export function toEmailProvider(provider: EmailProvider): MessageInitShape<typeof EmailProviderSchema> {
  const { settings, from, replyTo, updatedAt } = provider;
  return {
    type: types[settings.kind],
    fromAddress: from,
    replyTo,
    ...(settings.kind === 'smtp' && { smtp: { ...withoutKind(settings), password: '' } }),
    redactedSecret: redacted(settings),
    updatedAt: timestampFromDate(updatedAt),
  };
}

function withoutKind({ host, port, username, useTls }: Extract<ProviderSettings, { kind: 'smtp' }>) {
  return { host, port, username, useTls };
}

export function fromUpsertRequest({
  type,
  smtp,
  apiKey,
  fromAddress,
  replyTo,
}: UpsertRequest): GivenProvider {
  const sender = { from: fromAddress, replyTo };
  const kind = apiKinds[type];
  if (kind) {
    const paths = { settings: 'api_key', secret: 'api_key' };
    return { ...sender, settings: { kind, apiKey }, paths };
  }
  const paths = { settings: 'smtp', secret: 'smtp.password' };
  if (!smtp) return { ...sender, settings: undefined, paths };
  const { host, port, username, password, useTls } = smtp;
  return { ...sender, settings: { kind: 'smtp', host, port, username, password, useTls }, paths };
}

const apiKinds: Partial<Record<EmailProviderType, ApiSettings['kind']>> = {
  [EmailProviderType.SENDGRID]: 'sendgrid',
  [EmailProviderType.POSTMARK]: 'postmark',
  [EmailProviderType.RESEND]: 'resend',
};
