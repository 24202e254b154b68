/** Formats that write row after row and nothing before, between or after: pieces of them are joined as they are. */
const rowByRow = new Set([
  'CSV',
  'JSONCompactEachRow',
  'JSONCompactStringsEachRow',
  'JSONEachRow',
  'JSONLines',
  'JSONStringsEachRow',
  'NDJSON',
  'RowBinary',
  'TabSeparated',
  'TabSeparatedRaw',
  'TSV',
  'TSKV',
  'TSVRaw',
]);

/** Formats of which large results are made; they go through a file instead of memory. */
const viaFile =
  /^(Parquet|ORC|Arrow|ArrowStream|Avro|Native|MsgPack|RowBinaryWith\w*|\w*(CSV|TSV|TabSeparated|EachRow)\w*With\w*)$/;

/** How the result of a SELECT in the format leaves the engine. */
export function wayOut(format: string): 'stream' | 'file' | 'memory' {
  if (rowByRow.has(format)) return 'stream';
  return viaFile.test(format) ? 'file' : 'memory';
}
