// The thread of a rank's link, and the requests it answers. Started by rank.ts.
import { answerInOrder } from "../../workers/mod.ts";
import { Link } from "./link.ts";
import type { LinkAnswers, LinkRequest } from "./link_messages.ts";

let link: Link | null = null;

answerInOrder((request: LinkRequest) => Promise.resolve().then(() => answer(request)), () => link?.break());

function answer(request: LinkRequest): LinkAnswers[keyof LinkAnswers] {
  if (request.kind === "open") {
    link = new Link(request.launcher);
    return link.job;
  }
  if (link === null) throw new Error("internal: the link was not opened");
  switch (request.kind) {
    case "tell":
      return link.tell(request.messages);
    case "hear":
      return link.receive([0])[0];
    case "report":
      return link.send([0], [request.message]);
    case "collect":
      return link.collect();
    case "share":
      return link.share(request.vectors);
    case "attach":
      return link.attach(request.setup);
    case "step":
      return link.step(request.step, request.apply);
    case "moments":
      return link.moments();
    case "meet":
      return link.meet();
    case "gatherMomentum":
      return link.gatherMomentum();
    case "spreadMomentum":
      return link.spreadMomentum();
    case "sent":
      return link.sentSince();
    case "fail":
      return link.fail(request.reason);
    case "close":
      return link.close();
    default:
      return request satisfies never;
  }
}
