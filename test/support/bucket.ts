import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A store that speaks as much of S3 as the server asks for, for one bucket. Signatures have to be there. */
export class TestBucket {
  readonly objects = new Map<string, Buffer>();
  /** Parts of uploads that are not complete. */
  readonly uploads = new Map<string, Buffer[]>();
  private readonly server: Server;

  readonly name: string;

  private constructor(name: string) {
    this.name = name;
    this.server = createServer((request, response) => {
      this.answer(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
  }

  static async start(name = 'exports'): Promise<TestBucket> {
    const bucket = new TestBucket(name);
    await new Promise<void>((resolve) => bucket.server.listen(0, '127.0.0.1', resolve));
    return bucket;
  }

  get env(): Record<string, string> {
    return {
      S3_BUCKET: this.name,
      S3_ENDPOINT: `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`,
      S3_ACCESS_KEY_ID: 'key',
      S3_SECRET_ACCESS_KEY: 'secret',
    };
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://bucket');
    const body = await buffer(request);
    const signed = /^AWS4-HMAC-SHA256 /.test(request.headers.authorization ?? '');
    if (!signed && searchParams.get('X-Amz-Expires') !== '3600') return void response.writeHead(403).end();
    const key = decodeURIComponent(pathname.slice(`/${this.name}/`.length));
    const upload = searchParams.get('uploadId');
    switch (request.method) {
      case 'PUT':
        if (upload) this.uploads.get(upload)![Number(searchParams.get('partNumber')) - 1] = body;
        else this.objects.set(key, body);
        return void response.writeHead(200, { etag: '"tag"' }).end();
      case 'POST':
        return this.post(key, upload, searchParams, body.toString(), response);
      case 'DELETE':
        if (upload) this.uploads.delete(upload);
        else this.objects.delete(key);
        return void response.writeHead(204).end();
      default:
        return searchParams.has('list-type')
          ? this.list(searchParams.get('prefix') ?? '', response)
          : this.get(key, searchParams, response);
    }
  }

  private post(
    key: string,
    upload: string | null,
    parameters: URLSearchParams,
    body: string,
    response: ServerResponse,
  ): void {
    if (parameters.has('uploads')) {
      this.uploads.set(key, []);
      response.end(
        `<InitiateMultipartUploadResult><UploadId>${key}</UploadId></InitiateMultipartUploadResult>`,
      );
    } else if (parameters.has('delete')) {
      for (const [, doomed = ''] of body.matchAll(/<Key>(.*?)<\/Key>/g)) this.objects.delete(doomed);
      response.end('<DeleteResult></DeleteResult>');
    } else {
      this.objects.set(key, Buffer.concat(this.uploads.get(upload ?? '') ?? []));
      this.uploads.delete(upload ?? '');
      response.end(`<CompleteMultipartUploadResult><ETag>"tag"</ETag></CompleteMultipartUploadResult>`);
    }
  }

  private list(prefix: string, response: ServerResponse): void {
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix));
    const contents = keys.map((key) => `<Contents><Key>${key}</Key></Contents>`).join('');
    response.end(`<ListBucketResult><IsTruncated>false</IsTruncated>${contents}</ListBucketResult>`);
  }

  private get(key: string, parameters: URLSearchParams, response: ServerResponse): void {
    const object = this.objects.get(key);
    if (!object) return void response.writeHead(404).end();
    response.writeHead(200, {
      'content-disposition': parameters.get('response-content-disposition') ?? '',
      'content-type': parameters.get('response-content-type') ?? '',
    });
    response.end(object);
  }
}
