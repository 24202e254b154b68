import { create, type DescMethod, type Message, toBinary, toJsonString } from '@bufbuild/protobuf';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { InboxService } from '@dovecote/contract/pidgr/v1/inbox_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { OrganizationService } from '@dovecote/contract/pidgr/v1/organization_pb';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';
import type { CallShape } from '../load/shape.js';

/** A call that is measured. */
export interface Call {
  readonly method: DescMethod;
  readonly request: Message;
}

const { listCampaigns } = CampaignService.method;
const { listRoles } = RoleService.method;
const { listUsers } = MemberService.method;
const { sync, getMessage } = InboxService.method;
/** Answered from memory: what remains is transport and pipeline, and the peers do no less for it. */
const { listSandboxFixtures } = OrganizationService.method;

/** How many campaigns, members and messages there are to be listed: one full page. */
export const rowsInPage = 20;

/** Calls that peers answer from memory. */
export const calls: readonly Call[] = [
  {
    method: listCampaigns,
    request: create(listCampaigns.input, { pagination: { pageSize: rowsInPage } }),
  },
  { method: listRoles, request: create(listRoles.input) },
  { method: listSandboxFixtures, request: create(listSandboxFixtures.input) },
];

/** The calls that read the database: of an API key, and of a member who reads the inbox. */
export const keyCalls: readonly Call[] = [
  ...calls.slice(0, 2),
  { method: listUsers, request: create(listUsers.input, { pagination: { pageSize: rowsInPage } }) },
];
export function readerCalls(deliveryId: string): Call[] {
  return [
    { method: sync, request: create(sync.input) },
    { method: getMessage, request: create(getMessage.input, { deliveryId }) },
  ];
}

export const protocols = ['gRPC', 'Connect binary', 'Connect JSON'] as const;
export type Protocol = (typeof protocols)[number];

export function pathOf(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`;
}

/** The call on the wire, and the length of the answer that is right. */
export function shapeOf(
  call: Call,
  answer: Message,
  protocol: Protocol,
  credentials: Readonly<Record<string, string>>,
): CallShape {
  const { input, output } = call.method;
  const path = pathOf(call.method);
  switch (protocol) {
    case 'gRPC': {
      const headers = { 'content-type': 'application/grpc', te: 'trailers', ...credentials };
      const body = enveloped(toBinary(input, call.request)).toString('base64');
      return { http: 2, path, headers, body, answerBytes: enveloped(toBinary(output, answer)).length };
    }
    case 'Connect binary': {
      const headers = {
        'content-type': 'application/proto',
        'connect-protocol-version': '1',
        ...credentials,
      };
      const body = Buffer.from(toBinary(input, call.request)).toString('base64');
      return { http: 1, path, headers, body, answerBytes: toBinary(output, answer).length };
    }
    case 'Connect JSON': {
      const headers = { 'content-type': 'application/json', 'connect-protocol-version': '1', ...credentials };
      const body = Buffer.from(toJsonString(input, call.request)).toString('base64');
      return { http: 1, path, headers, body, answerBytes: Buffer.byteLength(toJsonString(output, answer)) };
    }
  }
}

/** A message as gRPC frames it: not compressed, its length, itself. */
export function enveloped(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}
