"""Many different letters in four scripts: each is made of some of these sentences."""

from itertools import combinations

SENTENCES = {
    "en": [
        "The herders have lived on this land for generations.",
        "Nobody asked them before the road was begun.",
        "The court has said that the land is theirs.",
        "Please stop the work until they have been heard.",
        "Their children should grow up where they were born.",
        "I trust that you will act according to the law.",
        "I would be grateful for an answer.",
        "Many people in my town have read about this case.",
    ],
    "ar": [
        "يعيش الرعاة على هذه الأرض منذ أجيال.",
        "لم يسألهم أحد قبل بدء الطريق.",
        "قالت المحكمة إن الأرض لهم.",
        "أرجو وقف العمل حتى يُسمع صوتهم.",
        "ينبغي أن يكبر أطفالهم حيث وُلدوا.",
        "أثق بأنكم ستعملون وفق القانون.",
        "سأكون ممتنًا لردكم.",
        "قرأ كثيرون في مدينتي عن هذه القضية.",
    ],
    "my": [
        "သိုးကျောင်းသမားများသည် ဤမြေပေါ်တွင် မျိုးဆက်ပေါင်းများစွာ နေထိုင်ခဲ့ကြသည်။",
        "လမ်းမဖောက်မီ မည်သူမျှ သူတို့ကို မမေးခဲ့ပါ။",
        "တရားရုံးက ဤမြေသည် သူတို့၏မြေဖြစ်သည်ဟု ဆိုခဲ့သည်။",
        "သူတို့၏အသံကို မကြားမချင်း အလုပ်ကို ရပ်ပေးပါ။",
        "သူတို့၏ကလေးများသည် မွေးဖွားရာအရပ်တွင် ကြီးပြင်းသင့်သည်။",
        "ဥပဒေနှင့်အညီ ဆောင်ရွက်မည်ဟု ယုံကြည်ပါသည်။",
        "အကြောင်းပြန်စာကို မျှော်လင့်ပါသည်။",
        "ကျွန်ုပ်၏မြို့မှ လူများစွာ ဤအမှုအကြောင်း ဖတ်ခဲ့ကြသည်။",
    ],
    "km": [
        "អ្នកគង្វាលរស់នៅលើដីនេះតាំងពីដូនតាមក។",
        "គ្មាននរណាសួរពួកគេមុនពេលចាប់ផ្ដើមធ្វើផ្លូវទេ។",
        "តុលាការបាននិយាយថាដីនេះជារបស់ពួកគេ។",
        "សូមបញ្ឈប់ការងាររហូតដល់ពួកគេត្រូវបានស្ដាប់។",
        "កូនៗរបស់ពួកគេគួរធំឡើងនៅកន្លែងកំណើត។",
        "ខ្ញុំជឿថាលោកនឹងធ្វើតាមច្បាប់។",
        "ខ្ញុំនឹងដឹងគុណចំពោះចម្លើយរបស់លោក។",
        "មនុស្សជាច្រើននៅទីក្រុងខ្ញុំបានអានអំពីរឿងនេះ។",
    ],
}
# What the safety rule of a case may leave out, and a word of each sentence.
ON_RELIGION = {
    "en": "We pray for them.",
    "ar": "نحن نصلي من أجلهم.",
    "my": "သူတို့အတွက် ဆုတောင်းပါသည်။",
    "km": "យើងអធិស្ឋានសម្រាប់ពួកគេ។",
}
WORDS_OF_RELIGION = ["pray", "نصلي", "ဆုတောင်း", "អធិស្ឋាន"]


def texts(language: str) -> list[str]:
    """Seventy that are not alike."""
    return [" ".join(some) for some in combinations(SENTENCES[language], 4)]
