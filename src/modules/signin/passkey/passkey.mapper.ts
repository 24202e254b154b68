import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  type Passkey as PasskeyMessage,
  PasskeySchema,
} from '@dovecote/contract/dovecote/auth/v1/passkey_pb';
import type { Passkey } from './passkey.js';

export function toPasskey(passkey: Passkey): PasskeyMessage {
  const { id, name, transports, backupEligible, backedUp, createdAt, lastUsedAt, counterWentBackAt } =
    passkey;
  return create(PasskeySchema, {
    id,
    name,
    transports,
    backupEligible,
    backedUp,
    aaguid: passkey.aaguid ?? '',
    createdAt: timestampFromDate(createdAt),
    lastUsedAt: lastUsedAt ? timestampFromDate(lastUsedAt) : undefined,
    counterWentBackAt: counterWentBackAt ? timestampFromDate(counterWentBackAt) : undefined,
  });
}
