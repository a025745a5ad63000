"""Tables of the words that mark a missing, a parked or a hijacked page, or one that stands before another. Data only.

Patterns ignore case. A space in a pattern matches any white space.
"""

import re
from typing import Final


def _any(*patterns: str) -> re.Pattern[str]:
    """Return a pattern of many; those that begin with a word are tried where words begin, and nowhere else."""
    branches = _branches("|".join(patterns).replace(" ", r"\s").replace("'", "['’]"))
    of_words = [branch.removeprefix(r"\b") for branch in branches if branch.startswith(r"\b")]
    rest = [branch for branch in branches if not branch.startswith(r"\b")]
    words = [rf"\b(?:{'|'.join(of_words)})"] if of_words else []
    return re.compile("|".join([*words, *rest]), re.IGNORECASE)


def _branches(pattern: str) -> list[str]:
    """Return the parts of a pattern between its outermost bars."""
    found, depth = [""], 0
    for piece in re.findall(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", pattern, re.DOTALL):
        depth += {"(": 1, ")": -1}.get(piece, 0)
        if piece == "|" and not depth:
            found.append("")
        else:
            found[-1] += piece
    return found


_PAGE: Final = (
    "(?:the |this |that |your |our |requested |web ?)*(?:page|file|content|article|post|site|url|"
    "document|resource|link|entry|"
    "story|item)(?: you(?:'re| are| were)? (?:looking for|requested|request|wanted|asked for|"
    "tried to (?:open|reach|visit)))?"
)
_NOT: Final = "(?:not|n't)"
_CANNOT: Final = r"(?:can ?not|can't|could ?not|couldn't|could not|were unable to|are unable to|weren't able to)"

#: That there is no such page, in other languages than English; words may stand between.
_ELSEWHERE: Final = (
    r"\bpage\W{1,2}(?:\S+ ){0,4}(?:introuvable|inexistante|n'existe (?:pas|plus)|non trouvée|n'a pas été trouvée)",
    r"\b(?:web)?seite\W{1,2}(?:\S+ ){0,6}(?:nicht (?:mehr )?(?:gefunden|vorhanden|verfügbar)|existiert nicht|gibt es nicht)",
    (
        r"\bp[áàa]gina\W{1,2}(?:\S+ ){0,6}(?:no (?:se ha |ha sido |fue |está |se )?(?:encontrad[ao]|encuentra|existe|"
        r"disponible)|"
        r"\bn[ãa]o (?:foi |está |pôde ser )?(?:encontrada|existe|disponível))"
    ),
    r"\bp[áàa]gina\W{1,2}(?:\S+ ){0,6}(?:no (?:s'ha )?(?:trobad?a|existeix)|non (?:atopada|existe))",
    r"\bno (?:se ha encontrado|encontramos|hemos encontrado|pudimos encontrar) (?:la |esta )?p[áa]gina",
    (
        r"\bpagina\W{1,2}(?:\S+ ){0,6}(?:non (?:è stata |è più |è )?(?:trovata|esiste|disponibile)|nu (?:a fost găsită|"
        r"există|"
        r"este disponibilă|a putut fi găsită)|niet (?:meer )?(?:gevonden|beschikbaar)|bestaat niet)"
    ),
    r"\bsidan\W{1,2}(?:\S+ ){0,6}(?:hittades inte|kunde inte hittas|finns inte)",
    r"\bsiden\W{1,2}(?:\S+ ){0,6}(?:ikke (?:funnet|fundet)|findes ikke|finnes ikke|eksisterer ikke)|fant ikke siden",
    r"\bsivua? (?:\S+ ){0,4}ei (?:löydy|löytynyt|ole olemassa)",
    (
        r"\bstron[ay]\W{1,2}(?:\S+ ){0,6}nie (?:została znaleziona|istnieje)|nie (?:znaleziono|"
        r"odnaleziono)\W{1,2}(?:\S+ ){0,2}strony"
    ),
    r"\bstr[áa]nk[auy]\W{1,2}(?:\S+ ){0,6}(?:nebyla nalezena|nenalezena|neexistuje|sa nenašla|nebola nájdená)",
    r"\boldal\W{1,2}(?:\S+ ){0,4}nem (?:található|létezik)",
    r"(?:страниц|сторінк)\S+ (?:\S+ ){0,6}не (?:найден|существу|знайден|існу|е намерен|съществува|постоји|пронађен)\w*",
    r"\bstran(?:ica)? (?:\S+ ){0,4}(?:nije (?:pronađena|nađena)|ne postoji|ni (?:bila )?najdena|ne obstaja)",
    r"\blehte\W{1,2}(?:\S+ ){0,2}ei leitud|lapa\W{1,2}(?:\S+ ){0,2}nav atrasta|puslapis\W{1,2}(?:\S+ ){0,2}nerastas",
    r"σελίδα\W{1,2}(?:\S+ ){0,6}δεν (?:βρέθηκε|υπάρχει)",
    r"\bsayfa\W{1,2}(?:\S+ ){0,4}(?:bulunamad[ıi]|mevcut değil)",
    r"\bkhông tìm thấy trang|trang\W{1,2}(?:\S+ ){0,6}không (?:tồn tại|tìm thấy)",
    r"\bhalaman\W{1,2}(?:\S+ ){0,6}tidak (?:ditemukan|dapat ditemukan|ada|dijumpai)",
    r"ไม่พบ\S{0,10}หน้า|หน้า\S{0,20} ?ไม่พบ|ไม่มีหน้า",
    r"الصفحة\W{1,2}(?:\S+ ){0,6}(?:غير موجودة|لا توجد)|لم يتم العثور على (?:هذه )?الصفحة",
    r"صفحه\W{1,2}(?:\S+ ){0,8}(?:یافت نشد|پیدا نشد|وجود ندارد)",
    r"(?:הדף|העמוד)\W{1,2}(?:\S+ ){0,4}(?:לא נמצא|אינו קיים|לא קיים)",
    r"(?:पृष्ठ|पेज)\W{1,2}(?:\S+ ){0,4}(?:नहीं मिला|मौजूद नहीं)",
    (
        r"(?:页面|网页|頁面|網頁)\S{0,8}(?:不存在|未找到|找不到|已被?删除|已被?刪除)|(?:找不到|無法找到|无法找到|"
        r"未找到)\S{0,8}(?:页面|网页|頁面|網頁|页|頁)"
    ),
    r"ページ\S{0,14}(?:見つかりません|存在しません|ありません|削除され)|無効なurl",
    r"페이지(?:\S{0,4} ){0,4}(?:찾을 수 없|존재하지 않)|존재하지 않는 페이지",
    (
        r"\b(?:artikel|beitrag|inhalt|eintrag|dokument|datei|article|contenu|fichier|artículo|contenido|archivo|"
        r"artigo|conteúdo|"
        r"articolo|contenuto|článek|článok|příspěvek|artykuł|wpis|запись|статья|материал|стаття|yazı|içerik|bài viết|"
        r"nội dung|konten|"
        r"tulisan)\b.{0,60}?\b(?:gibt es (?:leider )?nicht|nicht mehr (?:verfügbar|vorhanden)|gelöscht|entfernt|n'est plus|"
        r"n'existe plus|supprimé|ya no está|no existe|eliminado|não está mais|não existe|removido|non è più|"
        r"non esiste|rimosso|"
        r"neexistuje|usunięt\w+|nie istnieje|удал[её]н\w*|не найден\w*|видалено|silin\w+|không tồn tại|đã bị xóa|"
        r"tidak tersedia|"
        r"tidak ditemukan|dihapus)\b"
    ),
    (
        r"(?:文章|内容|內容|記事|コンテンツ|글|게시물|콘텐츠|المقال|المحتوى).{0,60}?(?:不存在|已被?删除|已被?刪除|"
        r"削除され|存在しません|"
        r"삭제|존재하지 않|غير متوفر|حذف)"
    ),
    r"(?:삭제|존재하지 않)\S{0,10} (?:\S+ ){0,3}(?:글|게시물|콘텐츠)",
    # The other way round: that it was not found.
    r"\binte hitta (?:\S+ ){0,2}sida|(?:fant|finner) ikke (?:\S+ ){0,2}siden|(?:kunne|kan) ikke finde (?:\S+ ){0,2}siden?",
    (
        r"\bn'avons pas (?:pu )?trouv\S+ (?:la |cette )?page|(?:haben|"
        r"konnten) (?:\S+ ){0,4}seite (?:\S+ ){0,4}nicht (?:ge)?f[iu]nden"
    ),
    (
        r"\bkunnen (?:\S+ ){0,2}pagina (?:\S+ ){0,4}niet vinden|non (?:abbiamo trovato|riusciamo a trovare) (?:la |"
        r"questa )?pagina"
    ),
    (
        r"\bn[ãa]o (?:encontramos|foi possível encontrar|conseguimos encontrar) (?:a |essa |esta )?p[áa]gina|"
        r"emme löytäneet (?:\S+ )?sivua"
    ),
    r"\bstránku (?:\S+ ){0,3}(?:nepodařilo|nepodarilo)|не (?:удалось|смогли) найти (?:\S+ ){0,2}страниц|sayfayı bulamad",
    r"(?:لا يمكن|تعذر|لم نتمكن من) العثور على (?:هذه )?الصفحة",
)
#: A title or heading, or a part of it between dashes, that is only such a sentence.
MISSING_TITLE: Final = _any(
    r"(?:http |error |status |code )*(?:404|410)(?: error| page| gone)?\W*",
    rf"(?:http |error |status )*404\W*(?:error\W*)?(?:{_PAGE} )?(?:is |was )?not found\W*",
    rf"(?:oops|sorry|error|whoops|uh oh|oh no|hmm|404)\W*(?:{_PAGE} )?(?:is |was |could |can )?not (?:be )?found\W*",
    rf"(?:{_PAGE} )?(?:is |was |could |can )?not (?:be )?found\W*(?:\(?404\)?\W*)?",
    rf"{_PAGE} (?:ca|could)(?:{_NOT}| not) be found\W*",
    rf"(?:sorry\W*)?{_PAGE} (?:does ?{_NOT} exist|does not exist|no longer exists|is gone|"
    rf"has (?:been )?(?:removed|deleted|moved))\W*",
    rf"(?:sorry\W*)?{_PAGE} (?:is |isn't )?(?:not |no longer |un)?(?:available|here)\W*(?:any ?more\W*)?",
    rf"(?:oops|sorry|whoops|uh oh|hmm)?\W*(?:we )?{_CANNOT} (?:seem to )?(?:find|locate) (?:{_PAGE}|what|"
    rf"anything).{{0,60}}",
    r"(?:oops\W*|sorry\W*)?(?:nothing|no (?:page|post|article|results?)) (?:was |were )?(?:found|here)(?: here)?\W*",
    r"(?:oops|whoops|uh oh)\W*(?:(?:that|this) page .{1,40}|you(?:'re| are) lost\W*)",
    r"(?:are )?you(?:'re| are)? (?:seem )?lost\W*",
    r"(?:sorry\W*)?this (?:[\w-]+ ){1,3}(?:is|was|has been|have been) (?:no longer (?:active|available)|banned|"
    r"deleted|removed|"
    r"unpublished|deactivated|discontinued|suspended|shut down).{0,30}",
    r"dead end\W*",
    r"(?:sorry\W*)?(?:the |this |that |requested )*(?:project|app|application|deployment|bucket|repository|repo|"
    r"blog|user|profile|account|"
    r"topic|thread|forum|video|course|lesson|paste|gist|snippet|product|listing|job|event|ticket|wiki|channel|"
    r"playlist|package|store|"
    r"shop|form|survey|board|workspace|team|organi[sz]ation|group|book|host|domain|server) (?:was |is |"
    r"could )?not (?:be )?found\W*",
    r"missing page\W*",
    r"broken link\W*",
    rf"(?:\S+ ){{0,3}}(?:{'|'.join(_ELSEWHERE)})\S{{0,8}}(?: \S+){{0,3}}\W*",
    r"this (?:job|vacancy|position|posting|listing|event|auction|ad) (?:posting |listing )?(?:is|was|has been|"
    r"has) (?:now )?(?:closed|"
    r"filled|ended|expired|removed)\W*",
)  # fmt: skip
_THING: Final = (
    "(?:page|article|post|document|file|url|link|content|address|entry|story|resource|video|product|repository|"
    "account|topic|thread|"
    "course|lesson|paste|listing|job|event|project|profile|book|form|playlist)"
)
#: Sentences that count only on a page with few words.
MISSING_TEXT: Final = _any(
    rf"\b{_THING} (?:.{{0,60}}?(?:could|can) ?(?:{_NOT}| not) be (?:found|located)"
    r"|(?:\S+ ){0,3}not found\b(?! (?:in|on|by|for|at|error|exception|errors|page|pages)\b)"
    r"|(?:\S+ ){0,8}(?:was not found|cannot be found|isn't here|is not here|seems to be missing|is missing|is gone"
    rf"|(?:does|did|do) ?(?:{_NOT}| not) (?:exist|seem to (?:exist|be here)|appear to exist)"
    r"|no longer (?:being )?(?:exists?|available|here|offered|active)|has been (?:removed|deleted|taken down|unpublished)"
    r"|(?:may|might|could) have (?:been )?(?:moved|removed|deleted|renamed|never existed|changed)))",
    rf"\b{_CANNOT} (?:seem to )?(?:find|locate) (?:the|that|this|your|a|any) (?:\w+ ){{0,2}}{_THING}",
    rf"\b{_CANNOT} (?:seem to )?(?:find|locate) (?:what|anything) you",
    rf"\bno (?:such )?{_THING} (?:was )?(?:found |exists? )?(?:at|under|with) (?:this|that) (?:address|url|name)",
    r"\bnothing (?:\w+ )?(?:was )?(?:found|here|lives|exists) at this (?:location|address|url)",
    r"\b(?:error|code|http)\W{0,3}404\b",
    r"\b404\W{0,3}(?:not found\b|(?:error|page)\s{0,3}(?:[^\w\s]|$))",
    *_ELSEWHERE,
    r"\b(?:website|webseite|seite|site|sito|sitio|strona|blog|сайт|webbplats\w*|hemsida\w*|web sitesi|situs|"
    r"trang web|website-ul)\b"
    r".{0,60}?\b(?:gelöscht|deaktiviert|nicht mehr (?:verfügbar|online)|supprimé|suspendu|désactivé|eliminado|suspendido|"
    r"desactivado|eliminato|sospeso|disattivato|usunięt\w+|zawieszon\w+|удал[её]н\w*|приостановлен\w*|не оплачен\w*|"
    r"verwijderd|opgeschort|removido|suspenso|desativado|raderad\w*|silinmiş\w*|askıya alın\w+|ditangguhkan|dihapus|"
    r"tạm ngưng|hết hạn)\b",
    r"(?:网站|網站|サイト|사이트).{0,60}?(?:已关闭|已删除|已停用|已过期|閉鎖(?:され|いた|しま)|停止され|폐쇄|종료되)",
    r"\b(?:webspace|hosting|webhosting|hébergement|alojamiento|hospedagem|хостинг\w*)\b.{0,40}\b(?:abgelaufen|"
    r"expired|expiré|expirado|caducado|"
    r"scaduto|wygas\w+|не оплачен\w*|закончил\w*)",
    r"\b(?:successfully installed|installed and working|web server is (?:working|running)|upload your website)\b",
    r"\bunknown domain\b",
    r"\bnothing (?:is|has been) deployed\b|\bdeployment (?:cannot be|was not|could not be) found\b|"
    r"\bno (?:web ?)?site (?:here|configured|at this)",
    r"\b(?:hosting|subscription) (?:\S+ ){0,5}(?:is over|has lapsed|lapsed|has expired|has ended)\b",
    r"\b(?:homepage|website|seite)\b.{0,60}\babgeschaltet\b|\bcompte\b.{0,40}\bdésactivé\b|"
    r"\bаккаунт\w*\b.{0,40}\b(?:заблокирован|отключ[её]н)|"
    r"站点\S{0,6}(?:停止|暂停|关闭)",
    r"\blink (?:is |was )?(?:not valid|no longer valid|invalid|expired)\b|\bfile (?:was|has been|is) (?:deleted|removed)\b|"
    r"\b(?:was|been) (?:removed|deleted|closed) by its (?:owner|author|uploader)\b|\bno (?:document|page|file|record|"
    r"entry) with (?:that|this) id\b",
    r"\baccount (?:has been|is|was) (?:suspended|disabled|deactivated|terminated)",
    r"\b(?:followed|clicked) an? (?:broken|old|outdated|invalid|dead) link",
    r"^\W*(?:\S+ ){1,4}is no longer available\b(?! (?:in|from|for|as|by)\b)",
    r"\bauthors? (?:has|have) (?:deleted|removed|closed) (?:this|the|his|her|their) (?:site|blog|account|page)",
    r"\bthis (?:[\w-]+ ){1,3}(?:is|was|has been|have been) (?:\w+ )?(?:no longer (?:active|available)|banned|"
    r"deleted|removed|"
    r"unpublished|deactivated|suspended)\b",
    r"\bcannot (?:get|head) /\S*$",
    r"\b(?:site|website|project|blog) (?:\w+ ){0,3}(?:has been|was|is) (?:suspended|deleted|unpublished|deactivated)\b",
)  # fmt: skip
#: Behind what a page says that is not for everybody everywhere.
REGION: Final = _any(r"\bin your (?:country|region|area|location)\b|\b(?:licensing|legal) reasons\b")
#: What wikis say of a page that nobody has written, whatever its title.
UNWRITTEN_TEXT: Final = _any(
    r"\bthere is currently no text in this page\b",
    r"\bthis page (?:does not|doesn't) (?:currently )?exist(?: yet)?\W{1,3}(?:you can|would you like to|"
    r"do you want to|click) .{0,40}creat",
)
#: What a server or a host of sites shows where nobody put a page.
DEFAULT_TITLE: Final = _any(
    r"welcome to (?:nginx|caddy|openresty|apache|centos|your (?:new )?(?:site|server|website)).{0,40}",
    r"(?:apache2? .{0,30})?default (?:web )?(?:page|site).{0,30}",
    r"(?:(?:http server )?test page (?:for|powered by)|index of /).{0,60}",
    r"it works\W*",
    r"account suspended\W*",
    r"(?:site|website) (?:not (?:found|published|configured)|suspended|disabled)\W*",
    r"iis\d{0,2}(?: windows)?(?: server)?(?: \d+)?\W*",
    r"apache is functioning normally\W*",
    r"welcome to (?:xampp|wamp\w*|mamp|lighttpd|litespeed|tengine|jetty|apache tomcat|wildfly).{0,40}",
    r"(?:caddy|nginx|apache|it) works!|phpinfo\(\)|whitelabel error page|bandwidth limit exceeded\W*",
    r"(?:service|workspace|account|project|app) (?:has been |was |is )?(?:suspended|deactivated|disabled)\W*",
    r"(?:domain )?default page\W*",
    r"you are all set to go\W*",
    r"(?:website|domain|account) (?:expired|not claimed)\W*",
    r"(?:sorry\W*)?(?:this |the )?(?:shop|store) is (?:currently |no longer |temporarily )?(?:unavailable|closed)\W*",
    r"(?:sorry\W*)?(?:this |the |our )?(?:web ?)?(?:site|blog) (?:is |has been |was )?(?:not published(?: yet)?|"
    r"removed|deleted)\W*",
    r"looks like this domain isn't connected.{0,60}",
    r"(?:网站|網站)(?:访问报错|建设中|已关闭|已过期|未备案).{0,10}",
    r"(?:(?:this |the |our |web ?)*(?:site|page) (?:is )?)?(?:under construction|coming soon)\W*",
    r"plesk .{0,30}default page\W*",
    r"no such (?:app|site|bucket)\W*",
    r"there isn't a .{1,30} here\W*",
)  # fmt: skip

#: In the data that frameworks, and sites with videos, put into a page for its script: there is nothing to show.
MISSING_STATE: Final = re.compile(
    r"""["']?\bpage["']?\s{0,2}:\s{0,2}["']/(?:_error|404)["']"""
    r"""|\berror["']?\s{0,2}[:=]\s{0,2}\{\s{0,2}["']?statusCode["']?\s{0,2}:\s{0,2}(?:404|410)\b"""
    r"""|["']playabilityStatus["']\s{0,2}:\s{0,2}\{\s{0,2}["']status["']\s{0,2}:\s{0,2}["']ERROR["']"""
)
#: Before or behind what a title says of a page that is not there.
STOPGAP: Final = _any(r"(?:error|oops|ooops|sorry|whoops|uh oh|oh no|hmm+|hey|hello|welcome|ups|hoppla|oups)\W*")

#: Pages that stand before another one, by a title, a heading, or a part of one: whoever asks is not let through.
GATE_TITLE: Final = _any(
    r"just a moment\W*",
    r"attention required!?.*",
    r"checking your browser.*",
    r"client challenge",
    r"ddos-guard",
    r"vercel security checkpoint",
    r"(?:please )?(?:verify|confirm|prove)(?:ing)? (?:that )?you(?:'re| are) (?:a |not a )?(?:human|robot).*",
    r"(?:are you|robot or) (?:a )?(?:human|robot)\W*",
    r"robot check\W*",
    r"captcha.*",
    r"human verification\W*",
    r"(?:bot|browser|security) (?:check|verification|protection)\W*",
    r"pardon (?:our|the) interruption\W*",
    r"one more step\W*",
    r"(?:before|sign in to|log in to) (?:you )?continue.*",
    r"access (?:to (?:this|the) (?:page|site|content) )?(?:has been |is |was )?(?:denied|blocked|"
    r"restricted|forbidden).*",
    r"forbidden\W*",
    r"(?:this |the )?(?:web ?)?(?:site|page|content|address|category|url|request) (?:is |has been |"
    r"was )?(?:blocked|restricted|denied).*",
    r"blocked\b.*",
    r"(?:http |error )*(?:401|403|429|451|502|503|504)\b.{0,40}",
    r"unauthori[sz]ed\W*",
    r"too many requests\W*",
    r"rate limit(?:ed| exceeded)?\W*",
    r"slow down\W*",
    r"(?:please )?(?:log|sign)[- ]?(?:in|on|up)\b.{0,40}",
    r"(?:login|sign-?in|registration|authentication) required\W*",
    r"(?:members|subscribers)(?: |-)only\W*",
    r"(?:create|join|register) (?:an|your|for) (?:free )?(?:account|free).{0,40}",
    r"(?:anmelden|anmeldung|einloggen|connexion|se connecter|inloggen|iniciar sesi[oó]n|acceder|entrar|accedi)\W*",
    r"(?:zaloguj si[eę]|вход|войти|ログイン|登录|登入|로그인)\W*",
    r"subscribe (?:to|now).{0,60}",
    r"(?:continue|keep) reading.{0,60}",
    r"unlock (?:this|the|full).{0,60}",
    r"(?:we (?:value|respect|care about) )?your privacy(?: choices| matters)?.{0,30}",
    r"(?:cookie|privacy|consent)s? (?:consent|settings|preferences|choices|notice)\W*",
    r"(?:we use )?cookies\W*",
    r"consent\W*",
    r"age (?:verification|check|gate)\W*",
    r"(?:are you|you must be) (?:over |at least |of )?(?:18|21|legal)\b.*",
    r"(?:scheduled |planned |site |server |down for |under |undergoing |closed for |we(?:'re|"
    r" are) )*maintenance(?: mode| page| break| window| in progress)?\W*",
    r"(?:we(?:'ll| will) )?be (?:right )?back (?:soon|shortly|later|in .{1,30})\W*",
    r"we(?:'ll| will) be (?:right )?back\W*",
    r"(?:temporarily|currently) (?:unavailable|offline|down|closed).{0,20}",
    r"(?:service|server|site) (?:is )?(?:temporarily |currently )?(?:unavailable|down|offline)\W*",
    r"bad gateway\W*",
    r"gateway time-?out\W*",
    r"wartungsarbeiten\W*",
    r"(?:site )?en maintenance\W*",
    r"(?:en |sitio en )?mantenimiento\W*",
    r"メンテナンス中?\W*",
    r"(?:guest |public |free |hotel )*(?:wi-?fi|wlan|network|internet|hotspot) (?:login|log in|access|"
    r"sign in|portal|registration)\W*",
    r"(?:welcome to (?:the |our )?)?(?:guest|public|free|hotel) (?:wi-?fi|wlan).*",
    r"(?:javascript|cookies) (?:is |are )?(?:required|disabled)\W*",
    r"(?:your )?(?:browser|device) (?:is )?not supported\W*",
    r"(?:this )?(?:content |page |service )?(?:is )?not available in your (?:country|region|area|location)\W*",
)  # fmt: skip
#: The same in the text of a page with few words.
GATE_TEXT: Final = _any(
    r"\b(?:verify|prove|confirm) (?:that )?you(?:'re| are) (?:a |not a )?(?:human|robot|bot)",
    r"\bnot a robot\b",
    r"\bunusual (?:traffic|activity)\b",
    r"\bdowntime\b|\boutage\b|\bstatus page\b",
    r"\bmake sure (?:that )?you(?:'re| are)\b",
    r"\bpassword[- ]protected\b|\benter (?:the|your) password\b|\bfor members\b",
    r"\berror establishing a database connection\b|\btoo many connections\b|\bserver is (?:too )?busy\b|\bdatabase error\b",
    r"\b(?:being|is) upgraded\b|\btakes about (?:an?|\d+) (?:hour|minute)|\bretry in\b",
    r"\bread-only (?:while|until|during|mode)\b",
    r"\bthink (?:that )?you (?:were|are|might be|may be) a (?:bot|robot)",
    r"\benable (?:javascript|js|cookies) (?:and|to|in|or)\b",
    r"\bplease enable (?:javascript|js|cookies)",
    r"\bchecking (?:your browser|if the site connection)",
    r"\b(?:javascript|cookies) (?:is|are|must be) (?:required|disabled|enabled)",
    r"\benter the characters you see",
    r"\bdisable any ad ?blocker",
    r"\b(?:complete|solve|pass) (?:the|this|a) (?:captcha|challenge|puzzle|security check)",
    r"\b(?:log|sign)[- ]?in to (?:continue|view|read|see|access|your|proceed|get|use)",
    r"\b(?:must|need to|have to|please) (?:be )?(?:logged|signed|log|sign) ?in\b",
    r"\bonly (?:visible|available|open) to (?:members|subscribers|registered|logged)",
    r"\bsubscribe (?:now |today )?to (?:continue|read|unlock|keep|get (?:full|unlimited))",
    r"\b(?:for|to) (?:our )?(?:subscribers|paying readers)(?: only)?\b",
    r"\byou(?:'ve| have) (?:reached|read|used|hit) (?:your|all|the) .{0,40}(?:limit|articles|stories)",
    r"\b(?:free|remaining) (?:articles?|stories) (?:left|remaining|this month)",
    r"\bstart your (?:free )?(?:trial|subscription|membership)",
    r"\bunlock (?:this|the|full|unlimited|all)\b",
    r"\bto (?:continue|keep) reading\b",
    r"\b(?:verify|confirm|enter) your (?:age|date of birth)",
    r"\bof legal (?:drinking |smoking )?age\b",
    r"\b(?:over|at least) (?:18|21)(?: years)?\b",
    r"\b(?:access|page|site|request|content|category|connection|ip|address) (?:\w+ ){0,6}(?:blocked|"
    r"denied|restricted|forbidden|prohibited)\b",
    r"\bblocked by (?:your|the|our|an?|order)\b",
    r"\b(?:web|content|url|internet) (?:filter|filtering|policy)\b",
    r"\bdoes not permit\b",
    r"\b(?:do not|don't) have (?:permission|access)",
    r"\bnot allowed to (?:view|access)\b",
    r"\bnot (?:currently )?(?:available|accessible) (?:in|from|for) your (?:country|region|area|location)",
    r"\btoo many requests\b",
    r"\brate limit",
    r"\brequests (?:too|very) (?:fast|quickly)",
    r"\b(?:scheduled|planned|routine|undergoing|performing|under|down for|for|short|some) maintenance\b",
    r"\bbe (?:right )?back (?:soon|shortly|online|later|in a|up|by|at)\b",
    r"\b(?:temporarily|currently|briefly) (?:\w+ )?(?:unavailable|down|offline|closed)\b",
    r"\b(?:try|check|come|visit) (?:us )?(?:again|back) (?:later|soon|shortly|in (?:a|\d))",
    r"\b(?:upgrading|migrating|moving) (?:our|the|this) (?:systems?|servers?|site|wiki|forum|service|database)s?\b",
    r"\b(?:connect|access) to (?:the |this |our )?(?:wi-?fi|wlan|internet|hotspot)\b",
    r"\b(?:accept|agree to) (?:the|our) (?:terms|conditions)",
    r"\bplease wait while\b",
    r"\bwartungsarbeiten\b",
    r"\bmelden sie sich an\b",
    r"\bconnectez-vous\b",
    r"\binicia(?:r)? sesi[oó]n para\b",
    r"\bmantenimiento\b",
    r"\bmaintenance en cours\b",
    r"请(?:先)?登录",
    r"ログインして",
    r"로그인(?:이 필요|하)",
)
#: What a page with few words has besides, if it is not a banner on one of another sort.
BANNER_TEXT: Final = _any(
    r"\b(?:log|sign) in (?:with|using) (?:your|google|github|sso|a |an )",
    r"\bforgot (?:your )?password",
    r"\bcreate (?:an|a free|your) account\b",
    r"\balready (?:a |an )?(?:subscriber|member|subscribed)",
    r"\bwe (?:value|respect|care about) your privacy",
    r"\b(?:accept|reject|allow|manage|refuse) (?:all )?(?:cookies|choices|preferences)\b",
    r"\b(?:accept|reject) all\b",
    r"\byour consent\b",
    r"\bbefore you continue to\b",
    r"\b(?:we|partners) (?:\w+ ){0,6}(?:use|store|process) (?:\w+ ){0,6}(?:cookies|personal data|"
    r"information on a device)",
    r"\bbrowser (?:is not|isn't|is no longer) supported",
    # The same in other languages: that cookies are asked about, that one has to log in, to be no robot, or to wait.
    r"\bcookies?\b.{0,200}\b(?:akzeptieren|accepter|accetta|acept|aceitar|accepteren|godkänn|godta|acceptér|hyväksy|"
    r"akcept|přijmout|"
    r"elfogad|accept|kabul|принять|прийняти|đồng ý|terima|同意|許可|동의)",
    r"\b(?:tout|tous) (?:accepter|refuser)\b|\balle (?:akzeptieren|ablehnen)\b|\baccetta (?:tutt|e continua)|"
    r"\baceptar tod|\baceitar tod|"
    r"\balles accepteren\b|\bvie privée\b.{0,200}\bpartenaires\b|すべて許可|全部接受|모두 동의",
    r"\b(?:anmelden|einloggen|connectez-vous|se connecter|iniciar sesión|inicia sesión|iniciar sessão|accedi|"
    r"inloggen|logga in|logg inn|"
    r"log ind|kirjaudu|zaloguj|přihl[aá]\w+|prihlás\w+|bejelentkez\w+|autentific\w+|giriş yap\w*|đăng nhập|"
    r"masuk untuk|войти|войдите|"
    r"авториз\w+|увійти|σύνδεση)\b|تسجيل الدخول|התחבר|เข้าสู่ระบบ|登录|登入|登錄|ログイン|로그인",
    r"\b(?:roboter|robot|robô|captcha|капч\w+|робот\w*)\b|人机|验证码|安全验证|驗證|ロボット|보안 ?문자|로봇|"
    r"проверк\w+ браузера|"
    r"проверяем ваш браузер",
    r"\b(?:wartung\w*|manutenzione|manutenção|onderhoud|underhåll\w*|vedlikehold|vedligehold\w*|huolto\w*|konserwacj\w+|"
    r"przerwa techniczna|údržb\w+|karbantart\w+|mentenanță|bakım\w*|bảo trì|pemeliharaan|техническ\w+ (?:работ|"
    r"обслуживани)\w*|"
    r"профилактик\w+|συντήρηση)|صيانة|תחזוקה|ปิดปรับปรุง|维护|維護|メンテナンス|점검",
    r"\b(?:abonn\w+|suscri\w+|abbonat\w+|assinant\w+|subskry\w+|подписк\w+|подписчик\w+|prenumer\w+|tilaaj\w+)\b|会員|"
    r"会员|회원|購読|订阅",
    r"\bmaintenance\b|\bgleich (?:zurück|wieder da)\b|\bretour (?:bientôt|dans)\b|\bvolvemos (?:pronto|en)\b|"
    r"\bvoltamos (?:logo|em)\b|\btorniamo (?:presto|subito)\b",
    r"\b18 (?:anni|jahre|ans|años|anos|lat|let|лет|år|jaar)\b|満18|已满18|年满18",
    r"\b(?:zugriff|accès|acceso|accesso|acesso|toegang|доступ)\b.{0,40}\b(?:verweigert|gesperrt|refusé|interdit|"
    r"denegado|negato|negado|"
    r"geweigerd|запрещ\w+|заблокирован\w*|ограничен\w*)|禁止访问|访问被拒绝|アクセスが拒否|접근이 차단",
)
GATE_CODE: Final = (
    "/cdn-cgi/challenge-platform", "cf-chl-", "cf_chl_", "g-recaptcha", "h-captcha", "hcaptcha.com/1/api.js",
    "captcha-delivery.com", "px-captcha", "awswafcaptcha", "awswafintegration", "_incapsula_resource",
    "geo.captcha", "cf-turnstile", "challenges.cloudflare.com",
)  # fmt: skip
PASSWORD: Final = re.compile(r"""<input\b[^<>]{0,300}\btype\s{0,3}=\s{0,3}["']?password""", re.IGNORECASE)

#: What is asked of buyers and victims, and of nobody who only wants to read.
LEAD: Final = re.compile(
    r"""<input\b[^<>]{0,300}\b(?:type|name|id)\s{0,3}=\s{0,3}["']?(?:tel|phone|mobile|offer|bid|amount|budget|price|"""
    r"""first_?name|last_?name|gebot|offre|oferta|offerta)(?:\b|[_-])|<textarea\b""",
    re.IGNORECASE,
)
#: In the attributes of a form or a field to search in, and of fields that nobody sees.
SEARCHING: Final = re.compile(
    r"""\btype\s{0,3}=\s{0,3}["']?(?:search|hidden)\b|\bname\s{0,3}=\s{0,3}["']?(?:s|q|query|search\w*|keywords?)\b"""
    r"""|\b(?:role|class|id|action)\s{0,3}=\s{0,3}["']?[^"'<>]{0,60}(?:search|suche|recherche|busca|buscar|ricerca)""",
    re.IGNORECASE,
)
#: Prices of three digits and more: readers pay less.
PRICE: Final = re.compile(
    r"(?:[$€£¥₹]|\b(?:USD|EUR|GBP|CHF|INR))\s{0,2}(?:\d{1,3}[.,' ]\d{3}|\d{3})"
    r"|\b(?:\d{1,3}(?:[.,' ]\d{3}){1,3}|\d{3,9})(?:[.,]\d\d)?"
    r"\s{0,2}(?:[$€£¥元円₽]|(?:USD|EUR|GBP|CHF|PLN|SEK|NOK|DKK)\b|zł|kr\b)",
    re.IGNORECASE,
)
LATIN: Final = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
#: What people press or fill in.
CONTROLS: Final = re.compile(r"<(?:button|input|select|textarea)\b", re.IGNORECASE)

#: Paths of login pages.
LOGIN_PATH: Final = _any(
    r"/(?:users?/)?(?:log[-_]?in|sign[-_]?in|sign[-_]?up|sso|auth|authorize|authenticate|oauth2?|saml2?|"
    r"authwall)(?:[/.?;]|$)",
    r"/(?:accounts?/login|session/new|wp-login)(?:[/.?;]|$)",
)
LOGIN_HOSTS: Final = ("accounts.google.", "login.", "signin.", "sso.", "auth.", "id.atlassian.", "idp.")

#: Companies that park domains, in the addresses of scripts, frames and pictures.
PARKING_CODE: Final = (
    "sedoparking.com", "parkingcrew.net", "bodis.com", "parklogic.com", "above.com/marketplace", "cashparking",
    "domainparking", "parking-lander", "//dan.com/", "cdn.dan.com", "www.dan.com", "afternic.com", "skenzo.com",
    "hugedomains.com",     "uniregistry.com/", "domainmarket.com/",
    "parkingpage.namecheap", "/parking-page", "adsense/domains/caf", "//park.io/", "dsparking.com",
    "voodoo.com/park", "domainsponsor.com", "img.sedo", "//sedo.com/", "www.sedo.com/", "fastpark.net",
    "parked-content.godaddy", "cdnpark.com", "domainnamesales.com", "smartname.com", "dsnextgen.com", "rmgserving.com",
    "namedrive.com",
    "fabulous.com/", "parking.namesilo", "parking.reg.ru", "d38psrni17bvxu.cloudfront.net", "d1lxhc4jvstzrp.cloudfront.net",
    "parkingspa", "mcc.godaddy.com/park",
)  # fmt: skip
#: The same in a script of the page itself, or in an attribute that only they use.
PARKING_SCRIPT: Final = re.compile(
    r"""<html[^<>]{0,300}\bdata-adblockkey\b|\bwindow\.park\s{0,3}=|\b(?:tcblock|searchboxblock)\s{0,3}=\s{0,3}\{"""
    r"""|\blocation(?:\.href)?\s{0,3}=\s{0,3}["'](?:/lander|/park|/lp)\b""",
    re.IGNORECASE,
)
#: What a title may have beside the name of a domain, and still says nothing.
BARE: Final = _any(
    r"^(?:welcome to|search results for|results for|related (?:searches|links) for) | (?:- )?(?:related (?:searches|"
    r"links)|home page)$"
)
#: Hosts to which parked domains lead, of the same name.
PARKING_HOST: Final = re.compile(r"ww\d{1,2}\.")
#: What a domain is called, and what is said of one that nobody uses, in other languages.
_DOMAIN: Final = (
    r"(?:domains?|domän\w*|domene\w*|domæne\w*|domein\w*|dom[ií]nios?|domaines?|domen[aąęi]|domén\w*|domeniul?|домен\w*|"
    r"verkkotunnu\w+|alan adı|tên miền|nama domain|τομέα\w*)\b|域名|网域|網域|網址|ドメイン|도메인|โดเมน|دامنه|نطاق|דומיין"
)
_UNUSED: Final = (
    r"\b(?:geparkt|parkerad\w*|parkeret|parkert|geparkeerd|aparcado|estacionado|parcheggiato|parqué|zaparkowan\w+|"
    r"zaparkov[áa]n\w*|"
    r"parkol\w*|parcat|припаркован\w*|park edil\w+|diparkir|parkt|congelado|disponibile|créée?|не (?:прилинкован|"
    r"привязан|подключ[её]н|"
    r"направлен)\w*|en venta|à vendre|en vente|in vendita|te koop|à venda|na sprzedaż|na prodej|na predaj|till salu|"
    r"för köp|til salgs?|de vânzare|eladó|satılık\w*|продаётся|продается|на продажу|dijual|zum verkauf|kaufen|"
    r"mieten|registriert|reserviert|gereserveerd|geregistreerd|registrerad\w*|"
    r"reserverad\w*|registreret|registrado|reservado|registrato|enregistré|réservé|zarejestrowan\w+|registrován\w*|"
    r"zaregistrov\w+|"
    r"utrzymywana na|înregistrat|regisztrál\w+|зарегистрирован\w*|зареєстрован\w*|kay[ıi]t\w*|kaydedil\w+|terdaftar|"
    r"đã được đăng ký|abgelaufen|"
    r"verlopen|utgått|scaduto|expirado|caducado|vencido|expiré|истёк|истек\w*|не продлен\w*|wygas\w+|vypršel\w*|"
    r"lejárt|süresi dol\w+|"
    r"rekisteröity|myytävänä)|出售|购买|売却|转让|轉讓|已注册|已被注册|到期|过期|未备案|停放|取得され|登録され|"
    r"期限切れ|販売|"
    r"등록|만료|판매|จดทะเบียน|"
    r"หมดอายุ|ثبت شده|منقضی|مسجل|للبيع|רשום|למכירה"
)
#: Said where nothing but the name is there; an article about it says more.
HOSTING: Final = _any(
    rf"\b(?:{_DOMAIN}|domain names?)|\b(?:hosting|web ?host|hosted by|registrar|site owner|website owner|webmaster|"
    r"name ?servers?|icann|хостинг\w*|hébergement|hébergeur|alojamiento|hospedagem|hostingu|barındırma)\b|主机|备案|"
    r"レンタルサーバー|호스팅",
)
_ITS: Final = (
    r"(?:this|the) (?:premium |great |valuable )?(?:web ?)?(?:domain|site|website|web address|address|url)(?: name)?"
)
_SALE: Final = (
    r"(?:is |may be |might be |could be |was |has been |now |currently |available )*(?:for|on|"
    r"up for) sale|(?:is |may be )?(?:now )?available (?:for|to) (?:purchase|buy|sale|lease|acquisition|"
    r"register|registration)"
    r"|(?:is|has|has been|was) (?:\w+ ){0,2}(?:parked|expired)\b|steht zum verkauf|est à vendre|"
    r"est[áa] [eà]n? venta|è in vendita|is te koop|est[áa] à venda|jest na sprzedaż|je na prodej|är till salu|"
    r"er til salgs?|"
    r"on myytävänä|este de vânzare|satılıktır|eladó|dijual|продаётся|продается|продається|出售|販売中|판매"
)
#: Said of a page's own domain, right behind its name.
PARKED_BEHIND: Final = _any(
    r"\W{0,6}(?:is )?(?:a )?(?:coming soon|can be yours|under construction|being (?:built|worked on)|may be available)\b",
    rf"\W{{0,6}}(?:(?:is |has |was |has been |ist |est |är |je |jest |è |está )?(?:{_SALE}|parked\b|expired\b|{_UNUSED})|"
    r"(?:is |was |has been |- |– |\| )?registered (?:at|with|by)\b)",
)
#: Right before it.
PARKED_BEFORE: Final = _any(
    r"\b(?:interested in|buy|own|get|acquire|purchase|inquire about|make an offer (?:on|for)|want) (?:the domain )?$"
)
#: A title or heading, or a part of it, that says so and nothing else.
PARKED_TITLE: Final = _any(
    rf"(?:hello\W*|welcome\W*|sorry\W*)?(?:{_ITS}|domain(?: name)?|premium domain|website|"
    rf"your (?:dream )?domain|domain name) (?:{_SALE})(?:[^:]{{0,40}}|: ?[$€£¥\d].{{0,30}})",
    r"(?:premium )?domain(?: name)?s? (?:is |for |on )+sale\W*",
    r"(?:a |your )?brand new domain\W*",
    rf"(?:{_DOMAIN})(?: \S+){{0,4}}? ?(?:{_UNUSED}).{{0,20}}",
    r"(?:buy|own|get) this (?:name|brand)(?: today| now)?\W*",
    r"(?:buy|own|get|purchase|acquire|inquire about|make an offer (?:on|for)|interested in|want) (?:this|"
    r"the) domain(?: name)?\W*(?:today\W*|now\W*)?",
    r"(?:this )?(?:is a )?(?:parked|expired|premium) domain(?: name)?\W*",
    r"domain(?: name)? (?:parking|parked|expired|suspended)\W*",
    r"(?:this )?(?:domain|page) (?:name )?(?:is |has |has been |was )(?:parked|expired|registered|"
    r"suspended|reserved)\b.{0,60}",
    r"(?:future home of|website coming soon|parked at).{0,60}",
    r"(?:diese|die) domain.{0,12}(?:verkauf|kaufen).{0,20}",
    r"ce (?:nom de )?domaine.{0,12}(?:vendre|vente).{0,20}",
    r"este dominio.{0,12}venta.{0,20}",
)  # fmt: skip
#: Titles of notices of registrars, in which a word is that of a text about something.
PARKED_NOTICE: Final = _any(
    r"parked domain(?: name)? (?:on|at|by|with) .{1,40}",
    r"(?:registrant )?whois contact information verification",
    r"(?:icann|domain|whois) verification (?:required|pending)",
)
#: Said in the running text of its own domain.
PARKED_TEXT: Final = _any(
    r"\bdomain (?:name )?(?:\S+ )?(?:is not|isn't|has not been|hasn't been) (?:yet )?(?:connected|linked|pointed|"
    r"configured|set up|claimed|assigned)",
    r"\b(?:propriétaire|inhaber|eigentümer|propietario|proprietari[oa]|proprietário|titolare|titular|właściciel\w*|"
    r"владел\w+|eigenaar|ägare\w*|"
    r"omistaja)\b.{0,60}\b(?:n'a pas encore|noch kein\w*|noch nicht|aún no|todavía no|non ha ancora|ainda não|"
    r"jeszcze nie|ещё не|еще не|nog geen|"
    r"nog niet|ännu inte|ei ole vielä)\b",
    r"\bdomain(?: name)? expired (?:on|and)\b",
    r"\bparked (?:for free|courtesy|and )",
    r"\bmake this (?:name|domain) yours\b|\b(?:lease|rent) this domain\b",
    rf"(?:{_DOMAIN}).{{0,80}}?(?:{_UNUSED})",
    r"\b(?:domain|it|this) (?:has|was|is) (?:\w+ ){0,2}(?:registered|reserved) (?:at|with|by|via|through|using)\b",
    r"\bowner (?:has|have)(?:n't| not)(?: yet)? (?:put up|uploaded|published|built|set up|created|added|configured|"
    r"connected)\b",
    r"\bdomain (?:name )?(?:that is |is )?pending (?:icann|renewal|deletion|verification|transfer)",
    r"\b(?:own|buy|get) this (?:name|brand)\b",
    r"\bdomain owner (?:and|maintains?|has no|is not)\b",
    r"\bis reserved by a customer\b",
    rf"\b{_ITS} (?:\S+ )?(?:{_SALE})",
    r"\b(?:buy|purchase|own|inquire about|make an offer (?:on|for)|interested in|acquire|lease) this domain\b",
    r"\bthis domain(?: name)? (?:is|has|has been|was) (?:\w+ )?(?:parked|registered (?:at|with|by|via|"
    r"through|using)|expired|suspended|reserved)",
    r"\b(?:domain|page|site) (?:is )?parked (?:free|by|at|courtesy)",
    r"\bparked (?:domain|free|at|by|with)\b",
    r"\bowner of \S{4,60} (?:is offering|offers|has listed) (?:it|this)\b",
    r"\bthe owner of this domain\b",
    r"\bgenerated by the domain owner\b",
    r"\b(?:sponsored|related) (?:listings|searches|links) (?:for|on) this (?:domain|page)",
    r"\bdomain(?: name)? (?:is )?for sale\b",
    r"\b(?:est[ae] domin?io|o dom[ií]nio) est[áa] [eà]n? vend?t?a",
    r"\bdiese domain (?:steht|ist|kann) (?:zum?|käuflich|jetzt)",
    r"\bce (?:nom de )?domaine est (?:à vendre|en vente|parqué)",
    r"\bquesto dominio è in vendita",
    r"\bta domena jest (?:na sprzedaż|zaparkowana)",
    r"\btato doména je (?:na prodej|zaparkována)",
    r"\bdomänen är till salu",
    r"\bdomen(?:et|e|æn|ænet)? er til salg",
    r"\bbu (?:alan adı|domain) satılık",
    r"\bdit domein is te koop",
    r"домен\w* (?:\S+ )?(?:продаётся|продается|припаркован)",
    r"(?:域名|本域名)(?:\S{0,4})(?:出售|转让|正在出售)",
    r"このドメイン(?:は|を)",
    r"이 도메인",
)  # fmt: skip
#: What the pages of parked domains have besides, mostly as links.
PARKED_MORE: Final = _any(
    r"\brelated (?:searches|links|topics)\b",
    r"\bsponsored (?:listings|links|results)\b",
    r"\bsearch ads\b",
    r"\bbuy (?:now|it now)\b",
    r"\b(?:make an|submit|send|your) offer\b",
    r"\basking price\b",
    r"\bminimum offer\b",
    r"\bget (?:a |your )?(?:price|quote)\b",
    r"\bescrow\b",
    r"\bbuyer protection\b",
    r"\bdomain broker",
    r"\bcontact the (?:owner|seller)\b",
    r"\blease to own\b",
    r"\bprivacy policy\b",
    r"\blisted by\b",
)  # fmt: skip
#: Titles of texts about something: what they name they do not do.
ABOUT: Final = _any(
    r"\b(?:how|why|what|when|where|which|who|guide|tutorial|tips|tricks|learn(?:ed|ing)?|explained|"
    r"understanding|introduction|intro|basics|beginners?|primer|overview|checklist|faq|steps?|lessons?|"
    r"anatomy|life ?cycle|case study|review|analysis|study|research|history|report|notes|thoughts|story|"
    r"best practices|avoid(?:ing)?|prevent(?:ing)?|detect(?:ing)?|block(?:ing)?|stop(?:ping)?|remov(?:e|"
    r"ing)|filter(?:ing)?|fight(?:ing)?|protect(?:ing)?|recover(?:ing)?|monitor(?:ing)?|selling|buying|"
    r"compar(?:ed|ing|ison)|versus|vs|handbook|cheat ?sheet|pros and cons|renew(?:ing)?|transfer(?:ring)?|valu(?:e|"
    r"ing|ation)|flipping|investing|negotiat\w+)\b",
    r"(?<![\w-])(?<!crazy )(?<!only)(?<!google )(?<!squarespace )domains\b(?! for sale)|\b(?:aftermarket|"
    r"registrars?|auctions?|dns|seo|whois)\b",
    r"\b(?:wie|warum|was|anleitung|leitfaden|comment|pourquoi|guide|cómo|como|por qué|qué|come|perché|hoe|"
    r"jak|как|почему)\b",
    r"方法|教程|指南|とは|方$|하는 법",
)  # fmt: skip
#: Titles of texts about spam, and about what it is spam for.
DEFENCE: Final = _any(
    r"\b(?:spam\w*|block\w*|detect\w*|filter\w*|prevent\w*|moderat\w*|hack\w*|hijack\w*|malware|phishing|"
    r"scam\w*|fraud\w*|abuse|attack\w*|secur\w*|protect\w*|fight\w*|stop|remov\w*|clean\w*|law|legal|"
    r"regulat\w*|addict\w*|research|study|studies|paper|history|probability|statistics|simulat\w*|"
    r"tutorial|python|javascript|code|coding|dataset|classif\w*)\b",
)  # fmt: skip

MARKETPLACES: Final = frozenset(
    {
        "afternic.com", "atom.com", "bodis.com", "brandbucket.com", "buydomains.com", "dan.com", "domainmarket.com",
        "efty.com", "hugedomains.com", "parkingcrew.net", "perfectdomain.com", "sav.com", "sedo.com",
        "sedoparking.com", "squadhelp.com", "undeveloped.com", "uniregistry.com",
    }
)  # fmt: skip

_SPAM: Final = (
    "apostas esportivas", "bahis", "bono de bienvenida", "bonus bez depozytu", "bonus senza deposito", "bắn cá",
    "casas? de apostas",
    "casino en ligne", "casino non aams", "casino ohne (?:oasis|lizenz|limit)", "casino utan licens", "casino zonder cruks",
    "casinos? sin licencia", "casinò online", "cassinos? online", "casino online non aams", "cbd gummies",
    "darmowe spiny", "fortune tiger",
    "free robux", "freispiele", "full movies", "game bài", "giri gratis", "hackers? for hire", "hire a hacker",
    "ilmaiskierroksia",
    "jogo do tigrinho", "kasyna online", "kasyno online", "kazino", "keto gummies", "lose weight fast",
    "movies online free", "nettcasino",
    "nettikasinot?", "non gamstop", "not on gamstop", "nổ hũ", "pikakasinot?",
    "recover (?:lost|stolen) (?:bitcoin|crypto)", "robux generator",
    "rodadas grátis", "scommesse sportive", "spilleautomater", "spy on a phone", "sportwetten", "talletusbonus",
    "tiradas gratis",
    "tours gratuits", "tragaperras", "tài xỉu", "willkommensbonus", "xóc đĩa", "zakłady bukmacherskie",
    "buy (?:instagram |tiktok |youtube )?(?:followers|likes|views)",
    "agen judi", "agen slot", "auto[- ]trading app", "baccarat", "bahis siteleri", "big bass bonanza",
    "bitcoin (?:era|code|profit|evolution|trader|prime|system)", "book of dead", "call girls", "casino siteleri",
    "gates of olympus",
    "immediate (?:edge|connect|bitcoin|momentum)", "mahjong ways", "minimum deposit", "quantum ai",
    "starlight princess", "sweet bonanza", "bandar bola", "become a millionaire", "bandar judi", "bandar slot",
    "bandar togel", "betting bonus",
    "betting odds", "betting site", "betting sites", "bitcoin casino", "blackjack", "bonus new member", "bookmaker",
    "bookmakers",
    "buy cheap", "buy essays?", "buy followers", "buy viagra", "cá cược", "casino bonus", "casino en ligne",
    "casino game", "casino games", "casino online", "casinos? en línea",
    "cash advance", "cheap jerseys", "cialis", "crypto casino", "crypto trading software", "daftar slot",
    "deneme bonusu", "earn \\$?[0-9,]+ (?:daily|a day|per day)", "deposit bonus", "deposit pulsa",
    "diet pills", "erectile dysfunction", "escort girls", "escort service", "escorts",
    "essay writing service", "essay writing services", "fake (?:rolex|watches)", "free spins?", "gacor",
    "generic (?:viagra|cialis)", "hookup", "hot girls", "idn poker",
    "idnpoker", "instant loans?", "jackpot", "jackpots", "joker123", "judi bola", "judi online", "judi slot",
    "kamagra", "levitra", "link alternatif", "live casino", "live dealer",
    "louis vuitton (?:outlet|replica)", "male enhancement", "maxwin", "mega888", "nhà cái", "no deposit bonus",
    "no prescription", "onlayn kazino", "online betting", "online casino", "online casinos", "online gambling",
    "online pharmacy", "online slot", "online slots",
    "parlay", "payday loans?", "pharmacy online", "pin-up casino", "play now and win", "poker online", "porno?",
    "pragmatic play", "replica (?:bags?|handbags?|watches|rolex)", "roulette", "rtp live", "rtp slot", "sbobet",
    "scatter hitam", "situs slot", "slot88", "slot demo", "slot dana", "slot gacor", "slot machine", "slot machines",
    "slot online", "slot thailand", "spielautomaten", "sports betting", "sportsbook", "situs judi", "toto macau",
    "togel", "tramadol", "viagra", "webcam girls", "welcome bonus", "weight loss pills", "write my essay", "xanax",
    "xxx", "xxx videos", "1xbet", "22bet", "mostbet", "melbet", "wettanbieter", "apuestas deportivas",
    "paris sportifs", "tragamonedas",
)  # fmt: skip
_SPAM_ELSEWHERE: Final = (
    "博彩", "娱乐场", "百家乐", "葡京", "真人荷官", "电子游艺", "体育竞猜", "送彩金", "亚博", "娱乐城", "真人娱乐",
    "澳门", "彩票", "老虎机", "六合彩", "体育投注", "棋牌",
    "カジノ", "スロット", "คาสิโน", "สล็อต", "บาคาร่า", "แทงบอล", "หวย",
    "казино", "игровые автоматы", "ставки на спорт", "букмекер",
    "카지노", "토토사이트", "바카라", "슬롯",
)  # fmt: skip
#: Phrases of hijacked domains; an article on another subject hardly ever has two of them.
SPAM: Final = _any(rf"\b(?:{'|'.join(_SPAM)})\b", *_SPAM_ELSEWHERE)
#: The first words of these phrases: a page without any of them needs no search.
SPAM_STARTS: Final = frozenset(re.split(r"[ ?(]", phrase)[0] for phrase in _SPAM) | {"porn", "porno"}
SPAM_LETTERS: Final = re.compile("|".join(_SPAM_ELSEWHERE), re.IGNORECASE)
#: Words of the trades that fill such domains, in many languages: games for money, pills, sex, and fakes of what is dear.
#: Each is common; an article about something else hardly ever has three of one trade, and a heading with one.
TRADES: Final = (
    _any(
        r"\b(?:[ck]as+in[oòó]\w*|kazin\w*|gambl\w*|slots?\d*|pokies|poker\w*|bets?|betting|bettors?|\d+bet|wager\w*|bahis\w*|"
        r"jackpots?|(?:free)?spins?|bon[ou]s(?:es|u|i)?|deposits?|depozyt\w*|withdrawals?|payouts?|odds|bookmak\w*|buchmacher\w*|"
        r"wett(?:en|anbieter\w*|bonus)|sportwett\w*|gratiswett\w*|apuestas?|apostas?|scommess\w*|taruhan|togel|judi|gacor|maxwin|"
        r"rtp|daftar|giriş\w*|güncel|oranlar\w*|çekim\w*|kèo|cược|nạp|nổ hũ|nhà cái|bắn cá|đổi thưởng|real money|"
        r"казино|ставк\w*|бонус\w*|букмекер\w*|выигрыш\w*)\b",
        "投注|彩金|首存|博彩|娱乐|棋牌|彩票|开户|下注|百家乐|电竞|体育|真人|返水|카지노|토토|슬롯|바카라|배팅|베팅|먹튀|충전|オンラインカジノ|スロット",
        "สล็อต|คาสิโน|บาคาร่า|เครดิตฟรี|ฝาก|ถอน|เว็บตรง|เดิมพัน|แทง|แตกง่าย|โบนัส",
    ),
    _any(
        r"\b(?:pharmac\w*|apothek\w*|farmac\w*|аптек\w*|pills?|prescriptions?|rezeptfrei\w*|sans ordonnance|sin receta|"
        r"medications?|\w{3,}(?:afil|glutide|azepam|zolam|oxetine|cillin|steride|codone|amadol)|\d{1,4} ?mg)\b"
    ),
    _any(
        r"\b(?:sex\w{0,2}|porn\w*|xxx|cams?|webcams?|escorts?|nudes?|erotic\w*|hookups?|milfs?|call girls?)\b|\b18\+|"
        "無修正|出会い|色情|成人|裸聊"
    ),
    _any(
        r"\b(?:replicas?|reps|1:1|rolex|vuitton|gucci|jordans?|yeezy|sneakers|outlet|free (?:shipping|returns)|add to cart)\b|"
        "激安|通販|送料無料|正規品|新品|格安|即日発送|ロレックス|ルイヴィトン|シャネル|コピー品"
    ),
)
#: Headings below which strangers write.
COMMENTS: Final = _any(
    r"(?:\d+ )?(?:comments?|replies|responses|thoughts on .{0,80}|reader comments|discussion|trackbacks|"
    r"pingbacks)(?: \(?\d+\)?)?\W*",
    r"(?:leave|post|write|add) a (?:comment|reply)\W*",
    r"kommentare?\W*(?:\d+\W*)?",
    r"commentaires?\W*",
    r"comentarios?\W*",
    r"commenti\W*",
    r"комментарии\W*",
    r"コメント\W*",
    r"评论\W*",
)  # fmt: skip
#: In the attributes of an element that holds what strangers wrote.
COMMENT_ATTRIBUTE: Final = re.compile(
    r"""\b(?:id|class|itemprop)\s{0,3}=\s{0,3}(?:"[^"]*|'[^']*|[^\s"'>]*)(?:comment|disqus|respond|replies|reply|"""
    r"""guestbook|trackback|pingback|review)""",
    re.IGNORECASE,
)
#: A text without any of these pieces, in lower case, needs no search by GATE_TEXT, or by PARKED_TEXT: they take a while.
GATE_HINTS: Final = (
    "human", "bot", "unusual", "enable", "checking", "javascript", "cookies", "characters", "blocker", "captcha",
    "challenge",
    "puzzle", "security", "log", "sign", "only", "subscri", "member", "reader", "you've", "you’ve", "you have", "free",
    "remaining", "trial", "unlock", "reading", "privacy", "age", "18", "21", "block", "den", "restrict", "forbid",
    "prohibit",
    "filter",
    "policy", "permi", "access", "allowed", "available", "request", "rate", "maint", "mant", "back", "down", "offline",
    "closed", "again", "upgrading", "wi-fi", "wifi", "wlan", "internet", "hotspot", "terms", "conditions", "browser",
    "wait",
    "wartung", "melden", "think", "outage", "status", "make sure", "password", "for members", "database", "too many",
    "busy", "upgraded", "takes about",
    "retry", "connect", "sesi", "登录", "ログイン", "로그인",
)  # fmt: skip
PARKED_HINTS: Final = (
    "dom",
    "site",
    "address",
    "url",
    "park",
    "owner of",
    "page",
    "домен",
    "域名",
    "ドメイン",
    "도메인",
    "it has",
    "alan ad",
    "tên mi",
    "网域",
    "網",
    "tunnu",
    "τομέα",
    "โดเมน",
    "دامنه",
    "نطاق",
    "דומיין",
    "this name",
    "this brand",
    "reserved",
)
