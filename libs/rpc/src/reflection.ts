import {
  create,
  fromBinary,
  toBinary,
  type DescFile,
  type DescService,
  type MessageInitShape,
} from '@bufbuild/protobuf';
import { Code, ConnectError, type ConnectRouter } from '@connectrpc/connect';
import {
  ServerReflection,
  ServerReflectionRequestSchema,
  ServerReflectionResponseSchema,
  type ServerReflectionRequest,
  type ServerReflectionResponse,
} from '@dovecote/contract/grpc/reflection/v1/reflection_pb';
import {
  ServerReflection as AlphaReflection,
  ServerReflectionRequestSchema as AlphaRequestSchema,
  ServerReflectionResponseSchema as AlphaResponseSchema,
  type ServerReflectionRequest as AlphaRequest,
  type ServerReflectionResponse as AlphaResponse,
} from '@dovecote/contract/grpc/reflection/v1alpha/reflection_pb';
import { DescriptorIndex, fileWithDependencies } from './descriptor-index.js';

type Question = ServerReflectionRequest['messageRequest'];
type Answer = MessageInitShape<typeof ServerReflectionResponseSchema>['messageResponse'];

/** Requests are names; the decoder's cost grows with the square of a dribbled message's size. */
const REQUEST_BYTES = 16 * 1024;

/** grpc.reflection v1 and v1alpha, which differ in nothing but the package. */
export class Reflection {
  readonly #index: DescriptorIndex;
  readonly #draining: AbortSignal;

  constructor(services: readonly DescService[], furtherFiles: readonly DescFile[], draining: AbortSignal) {
    this.#index = new DescriptorIndex(services, furtherFiles);
    this.#draining = draining;
  }

  register(router: ConnectRouter): void {
    const limit = { readMaxBytes: REQUEST_BYTES };
    router.service(ServerReflection, { serverReflectionInfo: (requests) => this.#answers(requests) }, limit);
    router.service(
      AlphaReflection,
      { serverReflectionInfo: (requests) => this.#alphaAnswers(requests) },
      limit,
    );
  }

  async *#answers(requests: AsyncIterable<ServerReflectionRequest>): AsyncIterable<ServerReflectionResponse> {
    const sent = new Set<string>();
    for await (const request of untilAborted(requests, this.#draining)) {
      yield create(ServerReflectionResponseSchema, {
        validHost: request.host,
        originalRequest: request,
        messageResponse: this.#answer(request.messageRequest, sent),
      });
    }
  }

  async *#alphaAnswers(requests: AsyncIterable<AlphaRequest>): AsyncIterable<AlphaResponse> {
    for await (const answer of this.#answers(fromAlpha(requests))) {
      yield fromBinary(AlphaResponseSchema, toBinary(ServerReflectionResponseSchema, answer));
    }
  }

  #answer(question: Question, sent: Set<string>): Answer {
    switch (question.case) {
      case 'listServices':
        return {
          case: 'listServicesResponse',
          value: { service: this.#index.services.map((name) => ({ name })) },
        };
      case 'fileByFilename':
        return files(this.#index.file(question.value), question.value, sent);
      case 'fileContainingSymbol':
        return files(this.#index.fileOfSymbol(question.value.replace(/^\./, '')), question.value, sent);
      case 'fileContainingExtension': {
        const { containingType, extensionNumber } = question.value;
        const file = this.#index.fileOfExtension(containingType, extensionNumber);
        return files(file, `extension ${extensionNumber} of ${containingType}`, sent);
      }
      case 'allExtensionNumbersOfType':
        return extensionNumbers(this.#index.extensionNumbers(question.value), question.value);
      default:
        throw new ConnectError('the request asks nothing', Code.InvalidArgument);
    }
  }
}

function files(file: DescFile | undefined, what: string, sent: Set<string>): Answer {
  if (file === undefined) return notFound(what);
  return { case: 'fileDescriptorResponse', value: { fileDescriptorProto: fileWithDependencies(file, sent) } };
}

function extensionNumbers(numbers: number[] | undefined, baseTypeName: string): Answer {
  if (numbers === undefined) return notFound(baseTypeName);
  return { case: 'allExtensionNumbersResponse', value: { baseTypeName, extensionNumber: numbers } };
}

function notFound(what: string): Answer {
  return { case: 'errorResponse', value: { errorCode: Code.NotFound, errorMessage: `not found: ${what}` } };
}

async function* fromAlpha(requests: AsyncIterable<AlphaRequest>): AsyncIterable<ServerReflectionRequest> {
  for await (const request of requests) {
    yield fromBinary(ServerReflectionRequestSchema, toBinary(AlphaRequestSchema, request));
  }
}

/** Ends the iteration with the signal, so that an idle reflection stream does not hold back a shutdown. */
async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncIterable<T> {
  const iterator = source[Symbol.asyncIterator]();
  const stopped = Promise.withResolvers<undefined>();
  const stop = (): void => stopped.resolve(undefined);
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), stopped.promise]);
      if (next === undefined || next.done) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
