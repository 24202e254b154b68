import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type BindSubjectRequest,
  type BindSubjectResponseSchema,
  type ListSubjectsRequest,
  type ListSubjectsResponseSchema,
  SubjectService,
  type UnbindSubjectRequest,
  type UnbindSubjectResponseSchema,
} from '@dovecote/contract/dovecote/sso/v1/subject_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { toSubject } from './subject.mapper.js';
import { Subjects } from './subjects.service.js';

@Controller()
export class SubjectRpc {
  constructor(private readonly subjects: Subjects) {}

  @Rpc(SubjectService.method.listSubjects)
  async listSubjects(
    { userId }: ListSubjectsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListSubjectsResponseSchema>> {
    return { subjects: (await this.subjects.listOf(scope, userId.toLowerCase())).map(toSubject) };
  }

  @Rpc(SubjectService.method.bindSubject)
  async bindSubject(
    { connectionId, userId, subject }: BindSubjectRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof BindSubjectResponseSchema>> {
    const bound = await this.subjects.bind(scope, connectionId.toLowerCase(), userId.toLowerCase(), subject);
    return { subject: toSubject(bound) };
  }

  @Rpc(SubjectService.method.unbindSubject)
  async unbindSubject(
    { connectionId, userId }: UnbindSubjectRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof UnbindSubjectResponseSchema>> {
    await this.subjects.unbind(scope, connectionId.toLowerCase(), userId.toLowerCase());
    return {};
  }
}
