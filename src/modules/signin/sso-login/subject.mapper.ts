import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { type Subject as SubjectMessage, SubjectSchema } from '@dovecote/contract/dovecote/sso/v1/subject_pb';
import type { Subject } from './subject.store.js';

export function toSubject({ createdAt, ...subject }: Subject): SubjectMessage {
  return create(SubjectSchema, { ...subject, createdAt: timestampFromDate(createdAt) });
}
