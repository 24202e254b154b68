import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { type Enforcement, EnforcementSchema } from '@dovecote/contract/dovecote/sso/v1/enforcement_pb';
import type { Enforced } from './enforcement.service.js';

export function toEnforcement({ enforcedAt, enforcedBy, breakGlass }: Enforced): Enforcement {
  return create(EnforcementSchema, {
    enforced: enforcedAt !== null,
    enforcedAt: enforcedAt ? timestampFromDate(enforcedAt) : undefined,
    enforcedBy: enforcedBy ?? '',
    breakGlass: breakGlass.map(({ armedAt, expiresAt, usedAt, ...named }) => ({
      ...named,
      armedAt: timestampFromDate(armedAt),
      expiresAt: timestampFromDate(expiresAt),
      usedAt: usedAt ? timestampFromDate(usedAt) : undefined,
    })),
  });
}
