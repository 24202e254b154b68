import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { ScalarType } from '@bufbuild/protobuf';
import type { DescEnum, DescField, DescFile, DescMessage, DescService } from '@bufbuild/protobuf';

/** The published contract, number by number. Grows with new services; nothing in it ever changes. */
interface Contract {
  services: Record<string, Record<string, string>>;
  messages: Record<string, { fields: Record<string, string>; reserved?: string[] }>;
  enums: Record<string, Record<string, number>>;
}

const PAGINATION_META = 'pidgr.v1.PaginationMeta';

const golden: Contract = JSON.parse(
  readFileSync(new URL('contract.golden.json', import.meta.url), 'utf8'),
) as Contract; // our own file; a wrong shape fails the comparison
const files = await generatedFiles();
const messages = files.flatMap((file) => file.messages.flatMap(withNested));
const enums = [...files.flatMap((file) => file.enums), ...messages.flatMap((message) => message.nestedEnums)];
const services = files.flatMap((file) => file.services);

describe('the generated code keeps the published contract', () => {
  test('every message: field numbers, names, types, presence, oneofs, reservations', () => {
    expect(byTypeName(messages, describeMessage)).toEqual(golden.messages);
  });

  test('every enum: names and numbers', () => {
    expect(byTypeName(enums, describeEnum)).toEqual(golden.enums);
  });

  test('every service: RPCs, requests, responses, streams', () => {
    expect(byTypeName(services, describeService)).toEqual(golden.services);
  });

  test('JSON names are the standard ones, with one exception that keeps the published name', () => {
    const custom = messages
      .flatMap((message) => message.fields)
      .filter((field) => field.jsonName !== lowerCamelCase(field.name));
    expect(new Set(custom.map((field) => `${field.name} ${field.jsonName}`))).toEqual(
      new Set(['pagination paginationMeta']),
    );
    expect(custom.every((field) => field.message?.typeName === PAGINATION_META)).toBe(true);
  });
});

async function generatedFiles(): Promise<DescFile[]> {
  const directory = new URL('../../libs/contract/gen/pidgr/v1/', import.meta.url);
  const names = readdirSync(directory).filter((name) => name.endsWith('_pb.js'));
  const modules = await Promise.all(names.map((name) => import(new URL(name, directory).pathname)));
  return modules.flatMap((exports: Record<string, unknown>) => Object.values(exports).filter(isFile));
}

function isFile(value: unknown): value is DescFile {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'file';
}

function withNested(message: DescMessage): DescMessage[] {
  return [message, ...message.nestedMessages.flatMap(withNested)];
}

function byTypeName<D extends { typeName: string }, T>(
  descriptors: D[],
  describeOne: (descriptor: D) => T,
): Record<string, T> {
  return Object.fromEntries(descriptors.map((descriptor) => [descriptor.typeName, describeOne(descriptor)]));
}

function describeMessage(message: DescMessage): Contract['messages'][string] {
  const fields = Object.fromEntries(message.fields.map((field) => [field.number, describeField(field)]));
  const reserved = [
    ...message.proto.reservedRange.map((range) => {
      expect(range.end).toBe(range.start + 1);
      return String(range.start);
    }),
    ...message.proto.reservedName,
  ];
  return reserved.length > 0 ? { fields, reserved } : { fields };
}

function describeField(field: DescField): string {
  const label = field.fieldKind === 'list' ? 'repeated ' : field.proto.proto3Optional ? 'optional ' : '';
  const oneof = field.oneof ? ` in ${field.oneof.name}` : '';
  return `${publishedName(field)}: ${label}${typeOf(field)}${oneof}`;
}

/** Our generated clients read `page.pagination`; on the wire and in JSON it stays `pagination_meta`. */
function publishedName(field: DescField): string {
  if (field.message?.typeName !== PAGINATION_META) return field.name;
  expect(field.name).toBe('pagination');
  return 'pagination_meta';
}

function typeOf(field: DescField): string {
  const named = field.message ?? field.enum;
  const value = named ? named.typeName : scalarName(field.scalar);
  return field.fieldKind === 'map' ? `map<${scalarName(field.mapKey)}, ${value}>` : value;
}

function scalarName(scalar: ScalarType | undefined): string {
  return scalar === undefined ? '' : (ScalarType[scalar] ?? '').toLowerCase();
}

function describeEnum(descriptor: DescEnum): Record<string, number> {
  return Object.fromEntries(descriptor.values.map((value) => [value.name, value.number]));
}

function describeService(service: DescService): Record<string, string> {
  return Object.fromEntries(
    service.methods.map((method) => {
      expect(['unary', 'server_streaming']).toContain(method.methodKind);
      const stream = method.methodKind === 'server_streaming' ? 'stream ' : '';
      return [method.name, `${method.input.name} -> ${stream}${method.output.name}`];
    }),
  );
}

function lowerCamelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
