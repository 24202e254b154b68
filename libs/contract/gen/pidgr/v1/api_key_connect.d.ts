export { ApiKeyService } from './api_key_pb.js';
