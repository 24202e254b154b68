const byFormat: readonly (readonly [pattern: RegExp, type: string])[] = [
  [/^(Pretty)?(JSON|PrettyNDJSON|NDJSON)(?!.*EachRow)/, 'application/json; charset=UTF-8'],
  [/^JSON.*EachRow|^JSONLines|^NDJSON/, 'application/x-ndjson; charset=UTF-8'],
  [/^CSV/, 'text/csv; charset=UTF-8; header=absent'],
  [/^(TabSeparated|TSV)/, 'text/tab-separated-values; charset=UTF-8'],
  [/^XML$/, 'application/xml; charset=UTF-8'],
  [
    /^(Parquet|ORC|Arrow|ArrowStream|Native|RowBinary.*|Avro|MsgPack|Protobuf.*|CapnProto)$/,
    'application/octet-stream',
  ],
];

export function contentTypeOf(format: string): string {
  const type = byFormat.find(([pattern]) => pattern.test(format))?.[1] ?? 'text/plain; charset=UTF-8';
  return /^CSVWithNames/.test(format) ? type.replace('absent', 'present') : type;
}
