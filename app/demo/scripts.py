"""What the demo says. All people and places are invented; the voices are a machine's.

A script is a list of turns: (voice, text). Voice "A" is the synthetic voice as it is, "B" the same
voice made lower, so that two people can be told apart.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Script:
    """One demo recording and what its page says."""

    show: str
    title: str
    summary: str
    notes: str
    people: tuple[tuple[str, str], ...]
    chapters: tuple[tuple[int, str], ...]
    turns: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class DemoShow:
    """One demo show in its community."""

    slug: str
    community: str
    title: str
    description: str
    category: str
    subcategory: str
    colours: tuple[str, str, str]
    artwork_alt: str


COMMUNITIES = {
    "falls-and-frailty": (
        "Falls and frailty (demo)",
        "Nurses, therapists and carers who want fewer falls and more steady days.",
        "Why older people fall, and what a ward, a care home and a family can do about it.",
        "About sixty people from hospitals, care homes and ambulance services, who meet once a month.",
        "We try small changes, count honestly, and tell each other what did not work.",
    ),
    "kind-leadership": (
        "Kind leadership (demo)",
        "Managers at every level who think that kindness and good work belong together.",
        "How people lead teams through hard weeks without losing them.",
        "Ward managers, team leaders and directors who listen to each other as equals.",
        "We tell stories, keep a shared list of questions, and visit each other's teams.",
    ),
}

SHOWS = (
    DemoShow(
        "steady-steps",
        "falls-and-frailty",
        "Steady steps (demo)",
        "Short conversations about falls, frailty and getting up again. Demo data: written for this "
        "demonstration and spoken by a synthetic voice.",
        "Health & Fitness",
        "Medicine",
        ("#1f4a4d", "#e0a458", "#f6efe3"),
        "Three rising steps in warm yellow on deep green",
    ),
    DemoShow(
        "the-tuesday-huddle",
        "kind-leadership",
        "The Tuesday huddle (demo)",
        "Ten minutes about leading people well. Demo data: written for this demonstration and spoken by "
        "a synthetic voice.",
        "Business",
        "Management",
        ("#6b2d3c", "#e9c46a", "#fbf3e6"),
        "A ring of warm circles around an empty centre on deep red",
    ),
)

_MARK = "Demo data: all people and places are invented, and the voices are synthetic."

SCRIPTS = (
    Script(
        show="steady-steps",
        title="The handover at the bedside",
        summary="How one ward moved its handover to the bedside, and what happened to falls.",
        notes=f"{_MARK}\n\n- What a bedside handover sounds like\n- 0:50 The three questions on the card\n"
        "- What they counted, and what they did not",
        people=(("Ruth Amberley", "host"), ("Dev Marlow", "guest")),
        chapters=((0, "Welcome"), (50_000, "Three questions"), (110_000, "What they counted")),
        turns=(
            ("A", "Good morning, and welcome to Steady steps. My name is Ruth Amberley, and I work with "
             "wards that would like their patients to fall less often."),
            ("A", "With me today is Dev Marlow, who leads a ward of twenty eight beds. Dev, last spring "
             "your team changed one thing. What was it?"),
            ("B", "We moved the handover. Before, we stood in the office with the door closed and read "
             "from a sheet of paper. Now we stand at the bedside, and the patient hears every word."),
            ("A", "That sounds simple. Was it?"),
            ("B", "The first week was awful. It took us fifty minutes instead of twenty five. People were "
             "shy. Nobody knows how to talk about somebody who is lying right there and looking at you."),
            ("B", "Then one of our health care assistants said, why do we talk about her when we could "
             "talk with her? After that we turned it around. We ask the patient three questions."),
            ("A", "Which three?"),
            ("B", "What worried you last night? What do you want to be able to do today? And, is everything "
             "that you need within reach? The third one is the important one for falls. People fall when "
             "they stretch for a glass of water or for their glasses."),
            ("A", "So the handover became a small check of the bed space."),
            ("B", "Exactly. The nurse who is leaving and the nurse who is coming both look. Is the call bell "
             "in her hand? Are the slippers the right way round? Is the floor dry? It takes ten seconds."),
            ("A", "You counted falls for six months before and six months after. What did you find?"),
            ("B", "In the six months before we had thirty one falls. In the six months after we had nineteen. "
             "I want to be careful here. Numbers like these go up and down by themselves, and we changed the "
             "night lights in the same summer."),
            ("A", "Thank you for saying that. What would you tell a ward that wants to begin on Monday?"),
            ("B", "Begin with one bay, not with the whole ward. Write the three questions on a card. Let the "
             "person who is most doubtful choose the bay. And tell the patients what you are doing. They are "
             "very good at noticing when you forget."),
            ("A", "And what did not work?"),
            ("B", "Posters. We printed beautiful posters and nobody read them. The card in your pocket works, "
             "because your hand finds it when you are tired."),
            ("A", "Dev, thank you. If you try this on your own ward, come to the community meeting and tell us "
             "what happened, especially if nothing happened. Until next time, mind how you go."),
        ),
    ),
    Script(
        show="steady-steps",
        title="Getting up again",
        summary="A physiotherapist explains how to get up from the floor, step by step, and why to practise it.",
        notes=f"{_MARK}\n\nThe steps are an illustration for this demonstration and no medical advice.",
        people=(("Ruth Amberley", "host"),),
        chapters=((0, "Why to practise"), (60_000, "Five steps")),
        turns=(
            ("A", "Welcome back to Steady steps. I am Ruth Amberley. Today there is no guest, only me and a "
             "question that I am asked in every care home. What shall we do when somebody is on the floor?"),
            ("A", "The first thing that most of us do is to hurry. We run, we bend down, and we pull. It comes "
             "from a good heart, and it hurts two people at once."),
            ("A", "So here is the slow way. Sit down on the floor beside the person. Say your name. Ask whether "
             "anything hurts, and wait for the answer. Waiting is the hardest part, and it is the part that "
             "helps most."),
            ("A", "If nothing hurts and they would like to get up, bring two chairs. Put one near the head and "
             "one near the feet. You will see in a moment why there are two."),
            ("A", "Step one. They roll on to their side, slowly, and rest there. Count to ten together. "
             "Step two. They push up on to one elbow, and then on to both hands and knees. Rest again."),
            ("A", "Step three. They put both hands on the seat of the first chair. Step four. They bring one "
             "foot forward, the stronger one, so that they look like somebody who is going to propose "
             "marriage. This is usually where people laugh, and laughing is allowed."),
            ("A", "Step five. They push with the foot and with both hands, and while they rise you slide the "
             "second chair under them from behind. They sit down. You did not lift anything."),
            ("A", "Now, why do I ask people to practise this on a good day, when nobody has fallen? Because fear "
             "makes us stiff, and being stiff makes us fall. A person who has got up from the floor ten times "
             "in the gym, with music, is less afraid in the kitchen."),
            ("A", "In one group that I know, they practise on the first Thursday of the month. They call it the "
             "floor club. There is tea afterwards. Seven people came in January, and by April there were "
             "twenty two."),
            ("A", "What you can take away from today is small. Two chairs, five steps, and the courage to wait. "
             "If there is pain in the hip, the back or the head, none of this counts, and you call for help."),
            ("A", "Next month we talk about shoes. It is more interesting than it sounds. Until then, mind how "
             "you go."),
        ),
    ),
    Script(
        show="the-tuesday-huddle",
        title="The question that changed our meetings",
        summary="A team leader talks about asking one question at the start of every meeting.",
        notes=f"{_MARK}\n\n> What should we know about your week before we begin?",
        people=(("Imani Foxley", "host"), ("Tom Hartwell", "guest")),
        chapters=((0, "The question"), (70_000, "When it went wrong"), (130_000, "How to begin")),
        turns=(
            ("A", "Hello, this is the Tuesday huddle, and I am Imani Foxley. Every second week I ask somebody "
             "who leads a team what they have learned, and I try not to interrupt."),
            ("A", "Today I am sitting in a very small office with Tom Hartwell. Tom leads a team of community "
             "nurses, and he told me on the telephone that one question changed his meetings."),
            ("B", "It did. We begin every meeting with the same words. What should we know about your week "
             "before we begin? Then we go round, and everybody has one minute. You may also say, nothing today."),
            ("A", "Where does it come from?"),
            ("B", "From a mistake of mine. Two years ago I told somebody off for being late three times in one "
             "month. She said nothing, and she apologised. A week later I learned that her father was dying, "
             "and that she drove to him every night after work."),
            ("A", "What did you do?"),
            ("B", "I went to her and said that I was sorry. And then I thought, how many of these things do I not "
             "know? I had fourteen people in the team and I knew their rota, their mileage and their "
             "mandatory training. I did not know their weeks."),
            ("A", "And so the question was born. Did people like it at once?"),
            ("B", "No. In the first month nearly everybody said, nothing today. I answered first every time, and "
             "I tried to say something true. Once I said that I was worried about a complaint. The room went "
             "very quiet. After that it became easier."),
            ("A", "Has it ever gone wrong?"),
            ("B", "Yes. Somebody told us something very private, and afterwards she wished that she had not. Now "
             "we say at the beginning, share what you would be happy to hear again in the corridor. And if "
             "there is more, my door is open, or we go for a walk."),
            ("A", "I like the walk. What has changed in the work itself?"),
            ("B", "We swap visits much more easily. If I know that you are not sleeping, I take your early call, "
             "and next month you take mine. Sickness went down a little in the first year. I would not promise "
             "that to anybody. What I can promise is that the meetings are shorter."),
            ("A", "Shorter? Although everybody speaks?"),
            ("B", "Fourteen minutes for the round, and then the agenda takes half the time, because people are "
             "not carrying something else while they talk about wound dressings."),
            ("A", "If a listener would like to try this next Tuesday, what is the first step?"),
            ("B", "Answer the question yourself first, and be brief. Do not comment on what people say. Say thank "
             "you, and go on to the next person. And do it for eight weeks before you decide whether it works."),
            ("A", "Tom Hartwell, thank you. And thank you for listening to the Tuesday huddle. If you have a "
             "question that changed something for you, tell us. We collect them."),
        ),
    ),
)  # fmt: skip
