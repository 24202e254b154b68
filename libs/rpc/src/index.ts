export type { IgnoredField } from './json/findings.js';
export type { Admission, CallHead } from './admission.js';
export { type ClientAddress, clientAddress } from './client-address.js';
export type { RpcCall, RpcHandler, RpcProtocol } from './call.js';
export type { CorsOptions } from './cors.js';
export type { DescribeError, FailedCall, FailureKind } from './failure.js';
export { defaultLimits, type RpcLimits } from './limits.js';
export type { ClientCertificates, ListenOptions, TlsOptions } from './listener.js';
export { RpcServer, type RpcServerOptions } from './server.js';
