export { SubjectService } from './subject_pb.js';
