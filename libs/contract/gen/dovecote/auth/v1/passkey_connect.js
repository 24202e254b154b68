export { PasskeyService } from './passkey_pb.js';
