/** The reference of the API, as Markdown: one page for each file of proto/, made from its comments. */
import { ScalarType } from '@bufbuild/protobuf';
import { getComments } from '@bufbuild/protoplugin';

/** Ours to describe: not what tests call, nor the protocols of others. */
const described = /^(?!grpc\/|google\/|buf\/|dovecote\/test\/)/;

/** The text of each page, by its path below docs/api. */
export function apiPages(registry) {
  const files = [...registry.files]
    .filter(({ name }) => described.test(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const pages = files.map((file) => [pathOf(file), pageOf(file)]);
  return new Map([['README.md', indexOf(files)], ...pages]);
}

function pathOf(file) {
  return `${file.proto.package}/${file.name.split('/').at(-1)}.md`;
}

function indexOf(files) {
  const rows = files.flatMap((file) =>
    file.services.map(
      (service) =>
        `| [${service.name}](${pathOf(file)}) | \`${file.proto.package}\` | ${inCell(firstSentence(commentOf(service)))} |`,
    ),
  );
  return lines(
    '# The API',
    'Every service with its calls, messages and fields. The pages are made from the comments in `proto/` by `npm run generate`.',
    'A call is a POST of the request as JSON to `/<package>.<service>/<call>`, or the same by gRPC and gRPC-Web: see ' +
      '[Call it from your own program](../clients.md). Fields have their JSON names here; a Timestamp is text such as ' +
      '`2030-01-31T12:00:00Z`, an enum value its name.',
    ['| Service | Package | What it does |', '| --- | --- | --- |', ...rows].join('\n'),
    'Messages and enums that several services use: ' +
      `${files
        .filter(({ services }) => services.length === 0)
        .map((file) => `[${file.name}](${pathOf(file)})`)
        .join(', ')}.`,
  );
}

function pageOf(file) {
  return lines(
    `# ${file.services.map(({ name }) => name).join(', ') || `${file.name}.proto`}`,
    `Package \`${file.proto.package}\`, [${file.name}.proto](../../../proto/${file.name}.proto); [all services](../README.md).`,
    ...file.services.flatMap((service) => [
      prose(commentOf(service)),
      ...service.methods.flatMap((method) => callOf(method, file)),
    ]),
    ...(file.messages.length > 0 ? ['## Messages', ...file.messages.flatMap((m) => messageOf(m, file))] : []),
    ...(file.enums.length > 0 ? ['## Enums', ...file.enums.flatMap((descriptor) => enumOf(descriptor))] : []),
  );
}

function callOf(method, file) {
  const answer = method.methodKind === 'server_streaming' ? 'a stream of ' : '';
  return [
    `## ${method.name}`,
    `\`/${method.parent.typeName}/${method.name}\` takes ${link(method.input, file)}, answers ${answer}${link(method.output, file)}.`,
    prose(commentOf(method)),
  ];
}

function messageOf(message, file) {
  const nested = message.nestedMessages
    .filter((inner) => !inner.proto.options?.mapEntry)
    .flatMap((inner) => messageOf(inner, file));
  const rows = message.fields.map((field) => {
    const choice = field.oneof ? ` One of \`${field.oneof.name}\`.` : '';
    return `| \`${field.jsonName}\` | ${field.number} | ${typeOf(field, file)} | ${inCell(commentOf(field))}${choice} |`;
  });
  const table = ['| Field | Number | Type | Meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
  return [
    `### ${nameOf(message)}`,
    prose(commentOf(message)),
    ...(rows.length > 0 ? [table] : []),
    ...nested,
    ...message.nestedEnums.flatMap((inner) => enumOf(inner)),
  ];
}

function enumOf(descriptor) {
  const rows = descriptor.values.map(
    (value) => `| \`${value.name}\` | ${value.number} | ${inCell(commentOf(value))} |`,
  );
  return [
    `### ${nameOf(descriptor)}`,
    prose(commentOf(descriptor)),
    ['| Value | Number | Meaning |', '| --- | --- | --- |', ...rows].join('\n'),
  ];
}

function typeOf(field, file) {
  const value = field.message ?? field.enum;
  const one = value ? link(value, file) : ScalarType[field.scalar].toLowerCase();
  if (field.fieldKind === 'map') return `map of ${ScalarType[field.mapKey].toLowerCase()} to ${one}`;
  return field.fieldKind === 'list' ? `list of ${one}` : one;
}

/** To where the type is described; others' types have their name only. */
function link(type, from) {
  const name = nameOf(type);
  if (!described.test(type.file.name)) return `\`${type.typeName}\``;
  const anchor = name.toLowerCase().replaceAll('.', '');
  const page = type.file === from ? '' : `../${pathOf(type.file)}`;
  return `[${name}](${page}#${anchor})`;
}

/** Within its package: `Outer.Inner`. */
function nameOf(type) {
  return type.typeName.slice(type.file.proto.package.length + 1);
}

function commentOf(descriptor) {
  const { leading, trailing } = getComments(descriptor);
  return (leading ?? trailing ?? '').replaceAll(/^ /gm, '').trim();
}

function firstSentence(text) {
  return /^[\s\S]*?\.(?=\s|$)/.exec(text)?.[0] ?? text;
}

/** Comments are plain text: what Markdown would read into them is escaped. */
function prose(text) {
  return text.replaceAll(/`[^`]*`|[<*[\]]|\b_(?!\w)|(?<!\w)_/g, (found) =>
    found.length > 1 ? found : `\\${found}`,
  );
}

function inCell(text) {
  return prose(text.replaceAll(/\s*\n\s*/g, ' ')).replaceAll('|', '\\|');
}

function lines(...blocks) {
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}
