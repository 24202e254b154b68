import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { type Login as LoginMessage, LoginSchema } from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import { adviceOn } from './login-refusal.js';
import type { Login } from './login.store.js';

export function toLogin(login: Login): LoginMessage {
  const {
    id,
    connectionId,
    test,
    idpInitiated,
    outcome,
    reason,
    detail,
    email,
    roleSlug,
    groups,
    address,
    subject,
  } = login;
  return create(LoginSchema, {
    id,
    connectionId,
    test,
    idpInitiated,
    outcome,
    reason,
    detail,
    advice: adviceOn(reason),
    email,
    userId: login.userId ?? '',
    roleSlug,
    attributes: Object.entries(login.attributes).map(([name, values]) => ({ name, values })),
    groups,
    createdAt: timestampFromDate(login.createdAt),
    completedAt: login.completedAt ? timestampFromDate(login.completedAt) : undefined,
    address,
    subject,
  });
}
