export { RecordingService } from './recording_pb.js';
